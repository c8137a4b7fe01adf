// Measures the graph that MAGMA would build on a feature: it shows if the
// kernel connects images at all (arXiv 2412.02871, section 3;
// magma/manifold_loss.h).
//
//   ManifoldGraph graph = MeasureManifoldGraph(features, /*batch=*/256);
//   graph.mean_degree;  // below 1e-4 the term is a mere norm penalty
//
// The graph is that of the paper: W_ij = exp(-d_ij / std(d)).
#ifndef CALDERA_EVAL_DIAGNOSTICS_MANIFOLD_GRAPH_H_
#define CALDERA_EVAL_DIAGNOSTICS_MANIFOLD_GRAPH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::eval {

// Means over the batches.
struct ManifoldGraph {
  double mean_degree;           // sum_j W_ij
  double share_below_floor;     // of images whose degree is below 1e-4
  double effective_neighbours;  // (sum_j W_ij)^2 / sum_j W_ij^2
};

// Measures `features` [N, D] in batches of `batch` rows, shuffled with seed 0
// as training would shuffle them. The last, incomplete batch is left out, and
// all rows are one batch where there are fewer than `batch`. CHECK: N >= 2.
ManifoldGraph MeasureManifoldGraph(const at::Tensor& features, int64_t batch);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_DIAGNOSTICS_MANIFOLD_GRAPH_H_
