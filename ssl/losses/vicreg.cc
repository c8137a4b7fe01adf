#include "ssl/losses/vicreg.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/relu.h>

#include "ssl/losses/at_least_float32.h"

namespace caldera::ssl {
namespace {

struct ViewTerms {
  at::Tensor variance, covariance;
};

ViewTerms OfView(const at::Tensor& z, const VicRegOptions& options) {
  const double degrees = static_cast<double>(z.size(0) - 1);
  const at::Tensor centred = z - z.mean(0, /*keepdim=*/true);  // [B, D]
  const at::Tensor covariance =
      at::matmul(centred.t(), centred) / degrees;     // [D, D]
  const at::Tensor variance = covariance.diagonal();  // [D]
  const at::Tensor deviation = (variance + options.eps).sqrt();
  // The diagonal is zeroed, not subtracted: subtraction would lose small
  // correlations to rounding.
  const at::Tensor off_diagonal = covariance.clone().fill_diagonal_(0);
  return {at::relu(options.target_std - deviation).mean(),
          off_diagonal.square().sum() / static_cast<double>(z.size(1))};
}

}  // namespace

VicRegTerms VicReg(const at::Tensor& z1, const at::Tensor& z2,
                   const VicRegOptions& options) {
  TORCH_CHECK(z1.dim() == 2 && z1.sizes() == z2.sizes(),
              "VicReg: both views must be [B, D], are ", z1.sizes(), " and ",
              z2.sizes());
  TORCH_CHECK(z1.size(0) >= 2, "VicReg: needs at least 2 images, got ",
              z1.size(0));
  const at::Tensor first = AtLeastFloat32(z1), second = AtLeastFloat32(z2);
  const ViewTerms a = OfView(first, options), b = OfView(second, options);
  return {at::mse_loss(first, second), a.variance + b.variance,
          a.covariance + b.covariance};
}

}  // namespace caldera::ssl
