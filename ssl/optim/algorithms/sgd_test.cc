#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <gtest/gtest.h>

#include "ssl/optim/algorithms/sgd.pb.h"
#include "ssl/optim/make_optimizer.h"
#include "ssl/optim/validate_optimizer_spec.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

// Writes out PyTorch's update (torch.optim.SGD, without dampening).
void SlowStep(at::Tensor* p, at::Tensor* momentum, const at::Tensor& gradient,
              double lr, double decay, const SgdSpec& spec) {
  const at::Tensor g = gradient + decay * *p;
  *momentum = spec.momentum() * *momentum + g;
  *p =
      *p - lr * (spec.nesterov() ? g + spec.momentum() * *momentum : *momentum);
}

TEST(Sgd, FollowsTheAlgorithm) {
  const struct {
    double momentum;
    bool nesterov;
  } kTable[] = {{0.9, false}, {0.8, true}, {0, false}};
  for (const auto& row : kTable) {
    OptimizerSpec spec;
    SgdSpec& options = *spec.MutableExtension(sgd);
    options.set_momentum(row.momentum);
    options.set_nesterov(row.nesterov);
    at::Tensor w = vit::Normal({3, 4}, 1).requires_grad_();
    at::Tensor b = vit::Normal({5}, 2).requires_grad_();
    const auto optimizer =
        MakeOptimizer(spec, {{"w", w, 1, 0.1}, {"b", b, 0.5, 0}});
    at::Tensor slow_w = w.detach().clone(), slow_b = b.detach().clone();
    at::Tensor momentum_w = slow_w * 0, momentum_b = slow_b * 0;
    for (int step = 0; step < 4; ++step) {
      const double lr = 0.1 * (step + 1);
      w.mutable_grad() = vit::Normal({3, 4}, 10 + step);
      b.mutable_grad() = vit::Normal({5}, 20 + step);
      optimizer->Step(lr);
      SlowStep(&slow_w, &momentum_w, w.grad(), lr, 0.1, options);
      SlowStep(&slow_b, &momentum_b, b.grad(), 0.5 * lr, 0, options);
      EXPECT_TRUE(at::allclose(w.detach(), slow_w, 1e-12, 1e-13));
      EXPECT_TRUE(at::allclose(b.detach(), slow_b, 1e-12, 1e-13));
    }
  }
}

TEST(Sgd, NesterovNeedsAMomentum) {
  OptimizerSpec spec;
  spec.MutableExtension(sgd)->set_nesterov(true);
  EXPECT_TRUE(Validate(spec).ok());
  spec.MutableExtension(sgd)->set_momentum(0);
  EXPECT_EQ(Validate(spec).message(),
            "sgd.nesterov: true needs a momentum, but sgd.momentum is 0; set "
            "sgd.momentum above 0");
  spec.MutableExtension(sgd)->set_momentum(1.5);
  EXPECT_EQ(Validate(spec).message(), "sgd.momentum: 1.5 is not in [0, 1)");
}

}  // namespace
}  // namespace caldera::ssl
