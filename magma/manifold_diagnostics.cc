#include "magma/manifold_diagnostics.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/min.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>

#include <algorithm>
#include <limits>

#include "magma/manifold_loss_options.h"

namespace caldera::magma {
namespace {

// This lower bound of divisors keeps 0 / 0 at 0.
constexpr double kTiny = std::numeric_limits<float>::min();

at::Tensor EffectiveRank(const at::Tensor& features) {
  const at::Tensor x = features - features.mean(0, /*keepdim=*/true);  // [B, D]
  // X^T X and X X^T have the same eigenvalues except for zeros.
  const at::Tensor products =
      x.size(0) < x.size(1) ? at::mm(x, x.t()) : at::mm(x.t(), x);
  return x.square().sum().square() / products.square().sum().clamp_min(kTiny);
}

}  // namespace

std::vector<std::pair<std::string, at::Tensor>> NameDiagnostics(
    const ManifoldDiagnostics& diagnostics) {
  return {{"bandwidth", diagnostics.bandwidth},
          {"mean_degree", diagnostics.mean_degree},
          {"min_degree", diagnostics.min_degree},
          {"share_below_floor", diagnostics.share_below_floor},
          {"mean_kernel", diagnostics.mean_kernel},
          {"effective_neighbours", diagnostics.effective_neighbours},
          {"effective_rank_x", diagnostics.effective_rank_x},
          {"effective_rank_y", diagnostics.effective_rank_y}};
}

void DiagnoseManifold(const at::Tensor& kernel, const at::Tensor& x,
                      const at::Tensor& y, const RowBlock& rows,
                      ManifoldDiagnostics* diagnostics) {
  const int64_t batch = rows.batch();
  const at::Tensor degrees = rows.Gather(kernel.sum(1));                // [B]
  const at::Tensor squares = rows.Gather(kernel.square().sum(1));       // [B]
  const at::Tensor connected = (squares > 0).to(kernel.scalar_type());  // [B]
  const double pairs = static_cast<double>(batch) * (batch - 1);
  diagnostics->degrees = degrees;
  diagnostics->mean_degree = degrees.mean();
  diagnostics->min_degree = degrees.min();
  diagnostics->share_below_floor =
      (degrees < kDegreeFloor).to(kernel.scalar_type()).mean();
  diagnostics->mean_kernel = degrees.sum() / std::max(pairs, 1.0);
  diagnostics->effective_neighbours =
      (degrees.square() / squares.clamp_min(kTiny)).sum() /
      connected.sum().clamp_min(1);
  diagnostics->effective_rank_x = EffectiveRank(x);
  diagnostics->effective_rank_y = EffectiveRank(y);
}

}  // namespace caldera::magma
