#include "magma/manifold_loss_testing.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <utility>

#include "magma/manifold_loss.h"
#include "magma/manifold_loss_reference.h"

namespace caldera::magma {
namespace {

template <typename Loss>
Result Differentiate(Loss loss, const at::Tensor& x_in, const at::Tensor& y_in,
                     const ManifoldLossOptions& options) {
  at::Tensor x = x_in.detach().clone().requires_grad_();
  at::Tensor y = y_in.detach().clone().requires_grad_();
  at::Tensor value = loss(x, y, options);
  value.backward();
  return {value.detach(), x.grad(), y.grad()};
}

}  // namespace

Result Ours(const at::Tensor& x, const at::Tensor& y,
            const ManifoldLossOptions& options) {
  return Differentiate([](const auto& a, const auto& b,
                          const auto& o) { return ManifoldLoss(a, b, o); },
                       x, y, options);
}

Result Reference(const at::Tensor& x, const at::Tensor& y,
                 const ManifoldLossOptions& options) {
  return Differentiate(ManifoldLossReference, x.to(at::kDouble),
                       y.to(at::kDouble), options);
}

bool AllFinite(const Result& result) {
  return result.loss.isfinite().item<bool>() &&
         result.dx.isfinite().all().item<bool>() &&
         result.dy.isfinite().all().item<bool>();
}

double Error(const at::Tensor& a, const at::Tensor& b) {
  const double norm = b.to(at::kDouble).norm().item<double>();
  return (a.to(at::kDouble) - b.to(at::kDouble)).norm().item<double>() /
         std::max(norm, 1e-300);
}

at::Tensor Features(int64_t rows, int64_t width, uint64_t seed) {
  at::manual_seed(seed);
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor latent = at::randn({rows, 3}, options);
  const at::Tensor bent = at::cat({latent, latent.sin(), latent.square()}, 1);
  return (at::matmul(bent, at::randn({9, width}, options)) +
          at::randn({rows, width}, options) * 0.1)
      .to(at::kHalf)
      .to(at::kDouble);
}

ManifoldLossOptions Scale(double rbf_scale) {
  ManifoldLossOptions options;
  options.rbf_scale = rbf_scale;
  return options;
}

ManifoldLossOptions Fixed(double gamma, double rbf_scale) {
  ManifoldLossOptions options = Scale(rbf_scale);
  options.fixed_gamma = gamma;
  return options;
}

std::vector<NamedOptions> AllOptions() {
  const std::vector<std::pair<std::string, BandwidthKind>> bandwidths = {
      {"Std", BandwidthKind::kBatchStd},
      {"Mean", BandwidthKind::kBatchMean},
      {"Median", BandwidthKind::kMedian},
      {"Neighbours", BandwidthKind::kNearestNeighbours}};
  const std::vector<std::pair<std::string, LaplacianKind>> laplacians = {
      {"Symmetric", LaplacianKind::kSymmetric},
      {"Unnormalized", LaplacianKind::kUnnormalized},
      {"RandomWalk", LaplacianKind::kRandomWalk}};
  std::vector<NamedOptions> all;
  for (const auto& [bandwidth_name, bandwidth] : bandwidths) {
    for (const auto& [laplacian_name, laplacian] : laplacians) {
      for (const bool detached : {false, true}) {
        for (const int64_t neighbours : {0, 4}) {
          ManifoldLossOptions options = Scale(0.7);
          options.bandwidth = bandwidth;
          options.bandwidth_neighbours = 3;
          options.detach_bandwidth = detached;
          options.kernel_neighbours = neighbours;
          options.laplacian = laplacian;
          all.push_back({bandwidth_name + laplacian_name +
                             (detached ? "Detached" : "") +
                             (neighbours > 0 ? "Sparse" : ""),
                         options});
        }
      }
    }
  }
  ManifoldLossOptions fixed = Fixed(50);
  fixed.laplacian = LaplacianKind::kRandomWalk;
  fixed.kernel_neighbours = 4;
  all.push_back({"FixedRandomWalkSparse", fixed});
  ManifoldLossOptions beyond;
  beyond.bandwidth = BandwidthKind::kNearestNeighbours;
  beyond.bandwidth_neighbours = 100;
  beyond.kernel_neighbours = 100;
  all.push_back({"MoreNeighboursThanRows", beyond});
  return all;
}

}  // namespace caldera::magma
