#include "ssl/losses/masked_mse.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mse_loss.h>

namespace caldera::ssl {

at::Tensor MaskedMse(const at::Tensor& prediction, const at::Tensor& target,
                     const at::Tensor& mask) {
  const at::Tensor per_patch =
      at::mse_loss(prediction, target, at::Reduction::None).mean(-1);  // [B, N]
  return (per_patch * mask).sum() / mask.sum();
}

}  // namespace caldera::ssl
