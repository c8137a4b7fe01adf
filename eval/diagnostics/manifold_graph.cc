#include "eval/diagnostics/manifold_graph.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <glog/logging.h>

#include <algorithm>

#include "data/loader/sampler.h"
#include "magma/manifold_loss.h"

namespace caldera::eval {

ManifoldGraph MeasureManifoldGraph(const at::Tensor& features, int64_t batch) {
  const int64_t rows = features.size(0);
  CHECK_GE(rows, 2);
  batch = std::min(batch, rows);
  const at::NoGradGuard no_grad;
  const at::Tensor shuffled = at::index_select(
      features, 0,
      at::tensor(data::EpochOrder(rows, /*seed=*/0, /*epoch=*/0), at::kLong));
  const int64_t batches = rows / batch;
  ManifoldGraph sum{0, 0, 0};
  for (int64_t i = 0; i < batches; ++i) {
    const at::Tensor x = shuffled.narrow(0, i * batch, batch);
    magma::ManifoldDiagnostics seen;
    magma::ManifoldLoss(x, x, magma::ManifoldLossOptions(), &seen);
    sum.mean_degree += seen.mean_degree.item<double>();
    sum.share_below_floor += seen.share_below_floor.item<double>();
    sum.effective_neighbours += seen.effective_neighbours.item<double>();
  }
  const auto n = static_cast<double>(batches);
  return {sum.mean_degree / n, sum.share_below_floor / n,
          sum.effective_neighbours / n};
}

}  // namespace caldera::eval
