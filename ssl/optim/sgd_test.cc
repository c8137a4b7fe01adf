#include "ssl/optim/sgd.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <gtest/gtest.h>

#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

// Writes out PyTorch's update (torch.optim.SGD, without dampening).
void SlowStep(at::Tensor* p, at::Tensor* momentum, const at::Tensor& gradient,
              double lr, double decay, const SgdOptions& options) {
  const at::Tensor g = gradient + decay * *p;
  *momentum = options.momentum * *momentum + g;
  *p = *p -
       lr * (options.nesterov ? g + options.momentum * *momentum : *momentum);
}

TEST(Sgd, FollowsTheAlgorithm) {
  for (const SgdOptions& options :
       {SgdOptions{0.9, false}, SgdOptions{0.8, true}, SgdOptions{0, false}}) {
    at::Tensor w = vit::Normal({3, 4}, 1).requires_grad_();
    at::Tensor b = vit::Normal({5}, 2).requires_grad_();
    Sgd optimizer({{"w", w, 1, 0.1}, {"b", b, 0.5, 0}}, options);
    at::Tensor slow_w = w.detach().clone(), slow_b = b.detach().clone();
    at::Tensor momentum_w = slow_w * 0, momentum_b = slow_b * 0;
    for (int step = 0; step < 4; ++step) {
      const double lr = 0.1 * (step + 1);
      w.mutable_grad() = vit::Normal({3, 4}, 10 + step);
      b.mutable_grad() = vit::Normal({5}, 20 + step);
      optimizer.Step(lr);
      SlowStep(&slow_w, &momentum_w, w.grad(), lr, 0.1, options);
      SlowStep(&slow_b, &momentum_b, b.grad(), 0.5 * lr, 0, options);
      EXPECT_TRUE(at::allclose(w.detach(), slow_w, 1e-12, 1e-13));
      EXPECT_TRUE(at::allclose(b.detach(), slow_b, 1e-12, 1e-13));
    }
  }
}

}  // namespace
}  // namespace caldera::ssl
