// MFM's loss: the distance of two images' spectra, |F(x) - F(y)|^gamma for each
// frequency.
//
// Source: Xie et al., Masked Frequency Modeling for Self-Supervised Visual
// Pre-Training, ICLR 2023, equation 5; Jiahao000/MFM, models/frequency_loss.py.
// The authors divide a batch's sum by the number of frequencies removed in it;
// we divide by the expected number, so that a batch may be computed in slices.
#include <ATen/TensorOperators.h>
#include <ATen/ops/fft_fft2.h>
#include <ATen/ops/view_as_real.h>

#include <cstdint>

#include "ssl/losses/reconstruction_loss.h"
#include "vit/model/patch_embedding.h"

namespace caldera::ssl {
namespace {

class FrequencyLoss : public ReconstructionLoss {
 public:
  FrequencyLoss(double gamma, const vit::EncoderSpec& encoder)
      : gamma_(gamma),
        patch_size_(encoder.patch_size()),
        channels_(encoder.channels()) {}

  bool reads_images() const override { return true; }
  // weight: [B, H, W]; undefined: all 1. The value is the mean of weight times
  // distance.
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override;

 private:
  double gamma_;
  int64_t patch_size_, channels_;
};

ReconstructionLossOutput FrequencyLoss::Compute(
    const at::Tensor& prediction, const at::Tensor& target,
    const at::Tensor& weight) const {
  // The transform is linear, so transforming the difference is enough.
  const at::Tensor difference =
      vit::Unpatchify(prediction - target, patch_size_,
                      channels_);  // [B, C, H, W]
  const at::Tensor spectrum = at::view_as_real(
      at::fft_fft2(difference, /*s=*/{}, /*dim=*/{-2, -1}, "ortho"));
  at::Tensor
      distance =  // [B, C, H, W]; the authors' 1e-12 for the root's slope
      (spectrum.square().sum(-1) + 1e-12).sqrt();
  if (gamma_ != 1) distance = distance.pow(gamma_);
  if (weight.defined()) distance = distance * weight.unsqueeze(1);
  return {distance.mean(), {}};
}

const bool kFrequency = ReconstructionLossPart::Register<FrequencyLossSpec>(
    {"frequency", "The distance of two images' spectra (MFM)."},
    [](const FrequencyLossSpec& spec, const vit::EncoderSpec& encoder) {
      return std::make_unique<FrequencyLoss>(spec.gamma(), encoder);
    });

}  // namespace
}  // namespace caldera::ssl
