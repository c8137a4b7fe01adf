// The target consists of the histograms of oriented gradients of each patch:
// edges and their directions, without brightness (MaskFeat, DMJD).
//
//   auto hog = HogTarget::Create(spec.hog(), encoder);
//   at::Tensor values = (*hog)->Compute(images, nullptr).values;  // [B, N, T]
//
// T is (patch / cell)^2 * orientations * channels, in the order (row of cells,
// column, orientation, channel). A cell without any edge has a histogram of
// zeros.
//
// Source: Wei et al., Masked Feature Prediction for Self-Supervised Visual
// Pre-Training, CVPR 2022; mx-mark/DMJD, util/hog_tensor.py. As there,
// gradients are differences of a pixel's two neighbours (0 at the image's
// border), and each counts fully for one of the bins between 0 and 180 degrees.
// The authors use raw pixels, we use normalised images: normalising the
// histogram removes a channel's scale.
#ifndef CALDERA_SSL_TARGETS_HOG_TARGET_H_
#define CALDERA_SSL_TARGETS_HOG_TARGET_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "ssl/targets/target.h"
#include "ssl/targets/target.pb.h"
#include "vit/vit.pb.h"

namespace caldera::ssl {

// Returns the mean over a cell's pixels of the gradients' lengths, by
// direction, [B, C, H/cell, W/cell, O], for images [B, C, H, W] whose sides
// `cell` divides.
at::Tensor OrientedGradients(const at::Tensor& images, int64_t orientations,
                             int64_t cell);

class HogTarget : public Target {
 public:
  // Returns InvalidArgument, beginning with the field, if an option is out of
  // range.
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
