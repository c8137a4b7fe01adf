#include "eval/linear/softmax_regression.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

namespace caldera::eval {
namespace {

// The logits of a block: 128 MiB of float. The rows are also few enough for
// sums over them in float, and enough to keep every thread busy.
constexpr int64_t kLogitsAtATime = 1 << 25;
constexpr int64_t kRowsAtATime = 1 << 14;

int64_t BlockRows(int64_t rows, int64_t classes) {
  const int64_t block =
      std::max<int64_t>(1, std::min(kRowsAtATime, kLogitsAtATime / classes));
  return std::min(block, rows);
}

}  // namespace

at::Tensor SoftmaxRegressionLogits(const at::Tensor& x,
                                   const at::Tensor& theta) {
  const at::Tensor t = theta.to(x.scalar_type());
  const int64_t width = x.size(1);
  // The layout is that of a Linear's weight, which makes the product up to
  // twice as fast.
  const at::Tensor weight = t.narrow(0, 0, width).t().contiguous();  // [C, D]
  return at::addmm(t[width], x, weight.t());                         // [N, C]
}

double SoftmaxRegressionLoss(const at::Tensor& x, const at::Tensor& labels,
                             const at::Tensor& theta, double l2,
                             at::Tensor* gradient) {
  const int64_t rows = x.size(0), width = x.size(1), classes = theta.size(1);
  const int64_t block = BlockRows(rows, classes);
  const at::Tensor t = theta.to(x.scalar_type());
  at::Tensor g = at::zeros_like(theta);  // [D + 1, C]
  // The loop calls no item(): a GPU would wait for each.
  at::Tensor loss = at::zeros({}, g.options());
  for (int64_t first = 0; first < rows; first += block) {
    const int64_t n = std::min(block, rows - first);
    const at::Tensor part = x.narrow(0, first, n);                     // [n, D]
    const at::Tensor label = labels.narrow(0, first, n).unsqueeze(1);  // [n, 1]
    const at::Tensor log_p =
        at::log_softmax(SoftmaxRegressionLogits(part, t), 1);  // [n, C]
    loss.sub_(log_p.gather(1, label).sum(at::kDouble));
    // d loss / d logits = p - onehot(label).
    at::Tensor p = log_p.exp();
    p.scatter_add_(1, label, at::zeros_like(label, p.options()).sub_(1));
    // The product part^T p would cost four times as much, as its operands are
    // long and thin.
    g.narrow(0, 0, width).add_(at::mm(p.t(), part).t());
    g[width].add_(p.sum(0));
  }
  g.div_(rows);
  const at::Tensor weights = theta.narrow(0, 0, width);
  g.narrow(0, 0, width).add_(weights, l2);
  *gradient = g;
  return loss.item<double>() / rows +
         0.5 * l2 * weights.square().sum().item<double>();
}

int64_t SoftmaxRegressionBytes(int64_t rows, int64_t width, int64_t classes) {
  constexpr int64_t kFloat = 4, kDouble = 8;
  // The logits, their softmax and its logarithm; the parameters in float,
  // twice; the gradient in double, and a block's.
  return 3 * kFloat * BlockRows(rows, classes) * classes +
         (3 * kFloat + 2 * kDouble) * (width + 1) * classes;
}

}  // namespace caldera::eval
