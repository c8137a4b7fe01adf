#include "ssl/terms/coding_rate.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include <tuple>

#include "ssl/losses/wide.h"

namespace caldera::ssl {

at::Tensor CodingRate(const at::Tensor& features, double mu) {
  const at::Tensor wide = Wide(features);
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
    // The unchecked factor does not make the host wait; of numbers that are not
    // finite it leaves NaN.
    const at::Tensor factor =
        std::get<0>(at::linalg_cholesky_ex(identity + gram));
    rate = 2 * factor.diagonal().log().sum();
    inverse = at::cholesky_solve(identity, factor);
  }
  // d log det(M) = tr(M^-1 dM): a term of value 0 that has this derivative.
  const at::Tensor slope = (gram * inverse).sum();
  return rate + (slope - slope.detach());
}

}  // namespace caldera::ssl
