#include "eval/diagnostics/token_code.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_vector_norm.h>

namespace caldera::eval {
namespace {

constexpr double kEps = 0.5;

}  // namespace

TokenCode MeasureTokens(const at::Tensor& tokens) {
  const int64_t n = tokens.size(1), d = tokens.size(2);
  const at::Tensor wide = tokens.to(at::kDouble);  // [B, N, D]
  const at::Tensor norm = at::linalg_vector_norm(wide, 2, at::IntArrayRef{2},
                                                 /*keepdim=*/true);
  const at::Tensor z = wide / norm.clamp_min(1e-12);
  // Z Z^T and Z^T Z have the same determinant here; the smaller one is cheaper.
  const at::Tensor gram = n <= d ? at::bmm(z, z.transpose(1, 2))
                                 : at::bmm(z.transpose(1, 2), z);  // [B, k, k]
  const double factor =
      static_cast<double>(d) / (static_cast<double>(n) * kEps * kEps);
  const at::Tensor root = at::linalg_cholesky(
      at::eye(gram.size(1), gram.options()) + factor * gram);
  return {tokens.ne(0).to(at::kDouble).mean().item<double>(),
          // Half the log of a determinant is the log of the determinant's root.
          root.diagonal(0, 1, 2).log().sum(1).mean().item<double>()};
}

}  // namespace caldera::eval
