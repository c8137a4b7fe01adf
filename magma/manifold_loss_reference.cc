#include "magma/manifold_loss_reference.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/diag.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/masked_select.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/median.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/std.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/trace.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <vector>

namespace caldera::magma {
namespace {

// Returns gamma, [] or [B, B]. `d`: [B, B].
at::Tensor Gamma(const at::Tensor& d, const ManifoldLossOptions& options) {
  if (options.fixed_gamma.has_value()) {
    return d.new_full({}, *options.fixed_gamma);
  }
  const at::Tensor non_zero = d.masked_select(d != 0);  // [n]
  switch (options.bandwidth) {
    case BandwidthKind::kBatchStd:
      return non_zero.std(/*unbiased=*/true);
    case BandwidthKind::kBatchMean:
      return non_zero.mean();
    case BandwidthKind::kMedian:
      return non_zero.median();
    case BandwidthKind::kNearestNeighbours:
      break;
  }
  std::vector<at::Tensor> by_row;  // e_i
  for (int64_t i = 0; i < d.size(0); ++i) {
    const at::Tensor others = d[i].masked_select(d[i] != 0);
    const int64_t k = std::min(options.bandwidth_neighbours, others.numel());
    const at::Tensor value = std::get<0>(others.sort())[k - 1].detach();
    // The mean of equal values lets rows at equal distance share the gradient.
    by_row.push_back(others.masked_select(others == value).mean());
  }
  const at::Tensor e = at::stack(by_row);  // [B]
  return (e.unsqueeze(1) * e.unsqueeze(0)).sqrt();
}

// Returns [B, B], 1 where i is among the nearest rows of j or j among those of
// i.
at::Tensor Nearest(const at::Tensor& d, int64_t neighbours) {
  at::Tensor keep = at::zeros_like(d);
  for (int64_t i = 0; i < d.size(0); ++i) {
    at::Tensor row = d[i].detach().clone();
    row[i] = std::numeric_limits<double>::infinity();
    const int64_t k = std::min(neighbours, d.size(0) - 1);
    const at::Tensor farthest = std::get<0>(row.sort())[k - 1];
    keep[i] = (row <= farthest).to(d.scalar_type());
  }
  return at::maximum(keep, keep.t());
}

at::Tensor Laplacian(const at::Tensor& w, LaplacianKind kind) {
  const at::Tensor identity = at::eye(w.size(0), w.options());
  const at::Tensor sums = w.sum(1);  // [B]
  switch (kind) {
    case LaplacianKind::kSymmetric: {
      const at::Tensor r = (sums + kDegreeFloor).rsqrt();
      return identity - r.unsqueeze(1) * w * r.unsqueeze(0);
    }
    case LaplacianKind::kUnnormalized:
      return sums.diag() - w;
    case LaplacianKind::kRandomWalk:
      break;
  }
  return identity - w / (sums + kDegreeFloor).unsqueeze(1);
}

}  // namespace

at::Tensor ManifoldLossReference(const at::Tensor& x_in, const at::Tensor& y,
                                 const ManifoldLossOptions& options) {
  const at::Tensor x = options.detach_reference ? x_in.detach() : x_in;
  const int64_t batch = x.size(0);
  const at::Tensor difference = x.unsqueeze(1) - x.unsqueeze(0);  // [B, B, D]
  const at::Tensor d = difference.pow(2).sum(2);                  // [B, B]
  at::Tensor gamma = Gamma(d, options);
  if (options.detach_bandwidth) gamma = gamma.detach();
  const at::Tensor off_diagonal = 1 - at::eye(batch, x.options());
  at::Tensor w = (d / gamma * -options.rbf_scale).exp() * off_diagonal;
  if (options.kernel_neighbours > 0) {
    w = w * Nearest(d, options.kernel_neighbours);
  }
  const at::Tensor lap = Laplacian(w, options.laplacian);         // [B, B]
  const at::Tensor form = at::matmul(y.t(), at::matmul(lap, y));  // [D', D']
  return form.trace() / static_cast<double>(batch * batch);
}

}  // namespace caldera::magma
