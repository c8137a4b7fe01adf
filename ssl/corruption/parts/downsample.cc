// Resizes to a factor-th of the size and back, bicubic, without smoothing first
// (MFM, super-resolution). All of the image changes in the same way.
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023, section 4.3; Jiahao000/MFM, models/mfm.py and
// data/random_degradations.py, with the numbers of its configurations. The
// authors clip values to [0, 1] before the normalisation, as `clip` does.
#include <ATen/ops/upsample_bicubic2d.h>

#include <cstdint>

#include "base/field_check.h"
#include "base/status.h"
#include "ssl/corruption/corruption.h"

namespace caldera::ssl {
namespace {

class Downsample : public Corruption {
 public:
  explicit Downsample(const DownsampleSpec& spec)
      : factor_(spec.factor()), clip_(spec.clip()) {}
  bool clips() const override { return clip_; }
  CorruptedImages Apply(const at::Tensor& images,
                        const CorruptionDraws& /*draws*/) const override {
    const int64_t h = images.size(2), w = images.size(3);
    const at::Tensor small =
        at::upsample_bicubic2d(images, {h / factor_, w / factor_},
                               /*align_corners=*/false);
    return {
        at::upsample_bicubic2d(small, {h, w}, /*align_corners=*/false), {}, {}};
  }

 private:
  int64_t factor_;
  bool clip_;
};

const bool kDownsample = CorruptionPart::Register<DownsampleSpec>(
    {"downsample", "To a factor-th of the side and back (MFM)."},
    [](const DownsampleSpec& spec,
       const vit::EncoderSpec& encoder) -> CorruptionPart::Result {
      RETURN_IF_ERROR(base::FieldCheck()
                          .InRange("factor", spec.factor(), 2,
                                   encoder.image_size(),
                                   "encoder.image_size is the most")
                          .status());
      return std::make_unique<Downsample>(spec);
    });

}  // namespace
}  // namespace caldera::ssl
