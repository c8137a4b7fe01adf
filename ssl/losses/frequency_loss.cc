#include "ssl/losses/frequency_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/fft_fft2.h>
#include <ATen/ops/view_as_real.h>

#include "vit/model/patch_embedding.h"

namespace caldera::ssl {

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

}  // namespace caldera::ssl
