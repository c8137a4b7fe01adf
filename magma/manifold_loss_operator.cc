// Registers the loss as an operator of the dispatcher, for any front end. To
// use it from Python, without Bazel, in the folder above this one:
//
//   from torch.utils.cpp_extension import load
//   names = ["manifold_loss", "manifold_loss_operator", "manifold_diagnostics",
//            "bandwidth", "laplacian", "products", "row_block",
//            "squared_distances", "thread_team"]
//   load("caldera_magma", [f"magma/{n}.cc" for n in names],
//        extra_cflags=["-fopenmp"], extra_include_paths=["."],
//        is_python_module=False)
//   loss = torch.ops.caldera.manifold_loss(x, y, bandwidth="median")
//   loss.backward()
//
// CPU and CUDA use the same arithmetic: CUDA needs no kernel of ours, because
// matrix products take most of the time.
#include <torch/library.h>

#include <optional>

#include "magma/manifold_loss.h"

namespace caldera::magma {
namespace {

BandwidthKind ToBandwidth(c10::string_view name) {
  if (name == "batch_std") return BandwidthKind::kBatchStd;
  if (name == "batch_mean") return BandwidthKind::kBatchMean;
  if (name == "median") return BandwidthKind::kMedian;
  if (name == "nearest_neighbours") return BandwidthKind::kNearestNeighbours;
  TORCH_CHECK(false, "bandwidth is '", name,
              "'; it is one of batch_std, batch_mean, median, "
              "nearest_neighbours");
}

LaplacianKind ToLaplacian(c10::string_view name) {
  if (name == "symmetric") return LaplacianKind::kSymmetric;
  if (name == "unnormalized") return LaplacianKind::kUnnormalized;
  if (name == "random_walk") return LaplacianKind::kRandomWalk;
  TORCH_CHECK(false, "laplacian is '", name,
              "'; it is one of symmetric, unnormalized, random_walk");
}

at::Tensor Operator(const at::Tensor& x, const at::Tensor& y, double rbf_scale,
                    c10::string_view bandwidth,
                    std::optional<double> fixed_gamma,
                    int64_t bandwidth_neighbours, bool detach_bandwidth,
                    int64_t kernel_neighbours, c10::string_view laplacian,
                    bool detach_reference) {
  ManifoldLossOptions options;
  options.rbf_scale = rbf_scale;
  options.bandwidth = ToBandwidth(bandwidth);
  options.fixed_gamma = fixed_gamma;
  options.bandwidth_neighbours = bandwidth_neighbours;
  options.detach_bandwidth = detach_bandwidth;
  options.kernel_neighbours = kernel_neighbours;
  options.laplacian = ToLaplacian(laplacian);
  options.detach_reference = detach_reference;
  return ManifoldLoss(x, y, options);
}

}  // namespace

// The defaults are the paper's (manifold_loss_options.h).
TORCH_LIBRARY(caldera, m) {
  m.def(
      "manifold_loss(Tensor x, Tensor y, float rbf_scale=1., "
      "str bandwidth='batch_std', float? fixed_gamma=None, "
      "int bandwidth_neighbours=7, bool detach_bandwidth=False, "
      "int kernel_neighbours=0, str laplacian='symmetric', "
      "bool detach_reference=False) -> Tensor");
}

// The loss has its own backward pass, so the same function serves with and
// without a gradient.
TORCH_LIBRARY_IMPL(caldera, CPU, m) { m.impl("manifold_loss", Operator); }
TORCH_LIBRARY_IMPL(caldera, AutogradCPU, m) {
  m.impl("manifold_loss", Operator);
}
TORCH_LIBRARY_IMPL(caldera, CUDA, m) { m.impl("manifold_loss", Operator); }
TORCH_LIBRARY_IMPL(caldera, AutogradCUDA, m) {
  m.impl("manifold_loss", Operator);
}

}  // namespace caldera::magma
