#ifndef CALDERA_SSL_TARGETS_POSITION_TARGET_H_
#define CALDERA_SSL_TARGETS_POSITION_TARGET_H_

// MP3's target: the place of each patch in the image, for an encoder that is
// not told it.
//
//   PositionTarget target({7, 7});
//   target.Compute(images, nullptr).values;  // int64 [B, 49]: 0, 1, ..., 48
//
// Source: Zhai et al., Position Prediction as an Effective Pretraining
// Strategy, ICML 2022, section 3.

#include "ssl/targets/target.h"
#include "vit/grid.h"

namespace caldera::ssl {

class PositionTarget : public Target {
 public:
  explicit PositionTarget(const vit::Grid& grid) : num_patches_(grid.size()) {}

  int64_t dim() const override { return num_patches_; }
  bool gives_ids() const override { return true; }
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* teacher) const override;

 private:
  int64_t num_patches_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_POSITION_TARGET_H_
