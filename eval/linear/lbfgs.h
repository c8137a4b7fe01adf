// Minimises a smooth function by full-batch L-BFGS with a strong-Wolfe line
// search (Nocedal and Wright, Numerical Optimization, algorithms 7.5, 3.5 and
// 3.6).
//
//   auto square = [](const at::Tensor& x, at::Tensor* gradient) {
//     *gradient = 2 * x;
//     return x.square().sum().item<double>();
//   };
//   LbfgsResult result = MinimizeLbfgs(square, at::ones({5}, at::kDouble), {});
//
// Caveat: `converged` says that the gradient is small; where the line search
// can no longer see a decrease through the function's rounding, the best point
// so far is returned with `converged` false.
#ifndef CALDERA_EVAL_LINEAR_LBFGS_H_
#define CALDERA_EVAL_LINEAR_LBFGS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace caldera::eval {

// Returns the value at x (any shape, double) and sets `gradient`, double, in
// x's shape.
using DifferentiableFunction =
    std::function<double(const at::Tensor& x, at::Tensor* gradient)>;

struct LbfgsOptions {
  int max_iterations = 300;
  // A share of the gradient's norm at the start.
  double gradient_tolerance = 1e-3;
  // The number of pairs of steps and gradient changes that approximate the
  // Hessian.
  int history = 20;
};

struct LbfgsResult {
  at::Tensor x;
  double value;
  int iterations;
  bool converged;
};

// Starts at `x`, double. Never returns a point with a larger value than the
// start.
LbfgsResult MinimizeLbfgs(const DifferentiableFunction& function, at::Tensor x,
                          const LbfgsOptions& options);

// Returns how many tensors of x's size a minimisation holds, beside those of
// `function`.
int64_t LbfgsTensors(const LbfgsOptions& options);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_LBFGS_H_
