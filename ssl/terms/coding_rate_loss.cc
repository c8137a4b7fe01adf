#include "ssl/terms/coding_rate_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <tuple>

#include "absl/memory/memory.h"
#include "base/field_check.h"
#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "vit/model/cost.h"

namespace caldera::ssl {

at::Tensor CodingRate(const at::Tensor& features, double mu) {
  const at::Tensor wide = AtLeastFloat32(features);
  const at::Tensor norm = at::linalg_vector_norm(wide, 2, at::IntArrayRef{1},
                                                 /*keepdim=*/true);
  const at::Tensor z = wide / norm.clamp_min(1e-12);  // [B, D]
  const int64_t b = z.size(0), d = z.size(1);
  // det(I + a a^T) = det(I + a^T a).
  const at::Tensor gram =  // [n, n], n the smaller of B and D
      (b < d ? at::matmul(z, z.t()) : at::matmul(z.t(), z)) *
      (mu / static_cast<double>(d));
  at::Tensor rate, inverse;
  {
    const at::NoGradGuard no_grad;
    const at::Tensor identity = at::eye(gram.size(0), gram.options());
    // The unchecked factorisation does not make the host wait; for numbers that
    // are not finite it returns NaN.
    const at::Tensor factor =
        std::get<0>(at::linalg_cholesky_ex(identity + gram));
    rate = 2 * factor.diagonal().log().sum();
    inverse = at::cholesky_solve(identity, factor);
  }
  // d log det(M) = tr(M^-1 dM): the added term has value 0 and this derivative.
  const at::Tensor slope = (gram * inverse).sum();
  return rate + (slope - slope.detach());
}

absl::StatusOr<std::unique_ptr<CodingRateLoss>> CodingRateLoss::Create(
    const CodingRateSpec& spec) {
  base::FieldCheck check;
  check.AboveUpTo("mu", spec.mu(), 0, 1000000);
  RETURN_IF_ERROR(check.status());
  return absl::WrapUnique(new CodingRateLoss(spec));
}

ContextRequest CodingRateLoss::request() const {
  ContextRequest request;
  request.latent = true;
  return request;
}

AuxiliaryOutput CodingRateLoss::Compute(const StepContext& context,
                                        bool /*with_diagnostics*/) {
  const at::Tensor feature = Pool(context.latent, spec_.feature());  // [B, D]
  return {-CodingRate(context.gather(feature), spec_.mu()), {}};
}

vit::Cost CodingRateLoss::CostOf(const ContextSizes& sizes,
                                 bool with_gradient) const {
  // The cost is that of the smaller of z z^T and z^T z; the solve is not
  // counted.
  const int64_t small = std::min(sizes.rows, sizes.width);
  const int64_t large = std::max(sizes.rows, sizes.width);
  vit::Cost cost = vit::ProductCost(small, large, small);
  cost.activations = 3 * small * small + 2 * sizes.rows * sizes.width;
  return with_gradient ? cost : cost.WithoutGradient();
}

}  // namespace caldera::ssl
