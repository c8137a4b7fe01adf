// Computes the loss and gradient of multinomial logistic regression in closed
// form.
//
//   at::Tensor gradient;
//   double loss = SoftmaxRegressionLoss(x, labels, theta, 1e-5, &gradient);
//
// Caveat: no autograd; rows go through in blocks, so the logits of 1.28 M rows
// and 1000 classes never exist at once.
#ifndef CALDERA_EVAL_LINEAR_SOFTMAX_REGRESSION_H_
#define CALDERA_EVAL_LINEAR_SOFTMAX_REGRESSION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::eval {

// Returns the mean cross-entropy + l2 / 2 |W|^2 for rows `x` [N, D] float or
// double, `labels` [N] int64 and `theta` [D + 1, C] double: W [D, C] above the
// bias [C], which is not penalised. Products run in x's dtype, sums over rows
// in double. Sets `gradient` [D + 1, C] double.
double SoftmaxRegressionLoss(const at::Tensor& x, const at::Tensor& labels,
                             const at::Tensor& theta, double l2,
                             at::Tensor* gradient);

// Returns the logits [N, C] in x's dtype.
at::Tensor SoftmaxRegressionLogits(const at::Tensor& x,
                                   const at::Tensor& theta);

// Returns the bytes that SoftmaxRegressionLoss holds for float rows, beside
// `x` and `theta`.
int64_t SoftmaxRegressionBytes(int64_t rows, int64_t width, int64_t classes);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_SOFTMAX_REGRESSION_H_
