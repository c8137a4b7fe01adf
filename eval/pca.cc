#include "eval/pca.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/where.h>
#include <glog/logging.h>

#include <tuple>

namespace caldera::eval {

Pca PrincipalComponents(const at::Tensor& rows, int64_t k) {
  const int64_t n = rows.size(0), d = rows.size(1);
  CHECK(n >= 1 && k >= 1 && k <= d) << n << " rows, " << k << " of " << d;
  const at::Tensor x = rows.to(at::kDouble);  // [N, D]
  Pca pca;
  pca.mean = x.mean(0);                     // [D]
  const at::Tensor centred = x - pca.mean;  // [N, D]
  const at::Tensor covariance =
      centred.t().mm(centred) / static_cast<double>(n);        // [D, D]
  const auto [values, vectors] = at::linalg_eigh(covariance);  // ascending
  at::Tensor components =
      vectors.slice(1, d - k).flip({1}).t().contiguous();  // [k, D]
  const at::Tensor largest =
      components.gather(1, components.abs().argmax(1, /*keepdim=*/true));
  pca.components = at::where(largest < 0, -components, components);
  pca.variance = values.slice(0, d - k).flip({0}).clamp_min(0);  // [k]
  return pca;
}

at::Tensor Project(const Pca& pca, const at::Tensor& rows) {
  const at::Tensor x = rows.to(at::kDouble) - pca.mean;    // [N, D]
  return x.mm(pca.components.t()).to(rows.scalar_type());  // [N, k]
}

}  // namespace caldera::eval
