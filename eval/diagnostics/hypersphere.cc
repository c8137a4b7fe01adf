#include "eval/diagnostics/hypersphere.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mm.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>

namespace caldera::eval {
namespace {

constexpr double kLeastNorm = 1e-12;
constexpr int64_t kRowsAtATime = 1024;

// Returns [N, D] in double, with rows of length 1.
at::Tensor OnSphere(const at::Tensor& x) {
  const at::Tensor rows = x.to(at::kDouble);
  return rows / rows.norm(2, {1}, /*keepdim=*/true).clamp_min_(kLeastNorm);
}

}  // namespace

double Alignment(const at::Tensor& x, const at::Tensor& y) {
  return (OnSphere(x) - OnSphere(y)).square().sum(1).mean().item<double>();
}

double Uniformity(const at::Tensor& x) {
  const int64_t rows = x.size(0);
  CHECK_GE(rows, 2);
  const at::Tensor points = OnSphere(x);              // [N, D]
  const at::Tensor squares = points.square().sum(1);  // [N], 1 or 0
  double sum = 0;
  for (int64_t first = 0; first < rows; first += kRowsAtATime) {
    const int64_t n = std::min(kRowsAtATime, rows - first);
    // The product starts at the block's own columns: it holds each pair once,
    // except that it holds pairs within the block twice, and the diagonal of
    // ones.
    const at::Tensor own = squares.narrow(0, first, n).unsqueeze(1);
    const at::Tensor kernel = at::mm(points.narrow(0, first, n),
                                     points.narrow(0, first, rows - first).t())
                                  .mul_(-2)
                                  .add_(own)
                                  .add_(squares.narrow(0, first, rows - first))
                                  .clamp_min_(0)
                                  .mul_(-2)
                                  .exp_();  // [n, N - first]
    const double block = kernel.narrow(1, 0, n).sum().item<double>();
    sum += (block - n) / 2 +
           kernel.narrow(1, n, rows - first - n).sum().item<double>();
  }
  return std::log(sum / (0.5 * rows * (rows - 1)));
}

}  // namespace caldera::eval
