#include "eval/diagnostics/cka.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

namespace caldera::eval {
namespace {

// Returns [N, D] in double, centred.
at::Tensor Centred(const at::Tensor& features) {
  const at::Tensor x = features.to(at::kDouble);
  return x - x.mean(0, /*keepdim=*/true);
}

// Returns by what each of the features is divided, once centred, so that
// |x^T x|_F is 1.
std::vector<at::Tensor> Scales(const std::vector<at::Tensor>& features) {
  std::vector<at::Tensor> scales;
  for (const at::Tensor& some : features) {
    const at::Tensor x = Centred(some);
    scales.push_back(at::mm(x.t(), x).norm().sqrt());
  }
  return scales;
}

}  // namespace

at::Tensor CkaMatrix(const std::vector<at::Tensor>& x,
                     const std::vector<at::Tensor>& y) {
  const std::vector<at::Tensor> x_scales = Scales(x), y_scales = Scales(y);
  const at::Tensor matrix = at::empty(
      {static_cast<int64_t>(x.size()), static_cast<int64_t>(y.size())},
      at::kDouble);
  // Copies in double of all blocks would take twice the features' memory, and
  // making them again takes little beside the product.
  for (size_t i = 0; i < x.size(); ++i) {
    const at::Tensor a = Centred(x[i]) / x_scales[i];
    for (size_t j = 0; j < y.size(); ++j) {
      const at::Tensor b = Centred(y[j]) / y_scales[j];
      matrix[i][j].copy_(at::mm(a.t(), b).square().sum());
    }
  }
  return matrix;
}

}  // namespace caldera::eval
