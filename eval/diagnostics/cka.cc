#include "eval/diagnostics/cka.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

namespace caldera::eval {
namespace {

// Returns features that are centred, in double, and scaled so that |x^T x|_F is
// 1.
std::vector<at::Tensor> Normalized(const std::vector<at::Tensor>& features) {
  std::vector<at::Tensor> normalized;
  for (const at::Tensor& some : features) {
    at::Tensor x = some.to(at::kDouble);
    x = x - x.mean(0, /*keepdim=*/true);
    normalized.push_back(x / at::mm(x.t(), x).norm().sqrt());
  }
  return normalized;
}

}  // namespace

at::Tensor CkaMatrix(const std::vector<at::Tensor>& x,
                     const std::vector<at::Tensor>& y) {
  const std::vector<at::Tensor> a = Normalized(x), b = Normalized(y);
  const at::Tensor matrix = at::empty(
      {static_cast<int64_t>(a.size()), static_cast<int64_t>(b.size())},
      at::kDouble);
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      matrix[i][j].copy_(at::mm(a[i].t(), b[j]).square().sum());
    }
  }
  return matrix;
}

}  // namespace caldera::eval
