// Predict the histograms of oriented gradients of each patch: edges and their
// directions, without brightness (MaskFeat, DMJD).
//
//   auto hog = HogTarget::Create(spec.hog(), encoder);
//   at::Tensor values = (*hog)->Compute(images, nullptr).values;  // [B, N, T]
//
// T is (patch / cell)^2 * orientations * channels, in the order (row of cells,
// column, orientation, channel). A cell without any edge is all 0.
//
// Source: Wei et al., Masked Feature Prediction for Self-Supervised Visual
// Pre-Training, CVPR 2022; mx-mark/DMJD, util/hog_tensor.py, after which
// gradients are differences of a pixel's two neighbours (0 at the image's
// border) and count whole for one of the bins between 0 and 180 degrees. Theirs
// are of raw pixels, ours of the normalised images: a channel's scale goes out
// with the histogram's.
#ifndef CALDERA_SSL_TARGETS_HOG_TARGET_H_
#define CALDERA_SSL_TARGETS_HOG_TARGET_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "ssl/targets/target.h"
#include "ssl/targets/target.pb.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// images [B, C, H, W], whose sides `cell` divides -> [B, C, H/cell, W/cell, O]:
// the mean over a cell's pixels of the gradients' lengths, by direction.
at::Tensor OrientedGradients(const at::Tensor& images, int64_t orientations,
                             int64_t cell);

class HogTarget : public Target {
 public:
  // Errors: InvalidArgument, beginning with the field.
  static absl::StatusOr<std::unique_ptr<HogTarget>> Create(
      const HogTargetSpec& spec, const vit::EncoderSpec& encoder);

  int64_t dim() const override;
  TargetOutput Compute(const at::Tensor& images,
                       const TeacherOutput* teacher) const override;

 private:
  HogTarget(const HogTargetSpec& spec, int64_t patch_size, int64_t channels)
      : spec_(spec), patch_size_(patch_size), channels_(channels) {}

  HogTargetSpec spec_;
  int64_t patch_size_, channels_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_HOG_TARGET_H_
