#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ssl/optim/optimizer_testing.h"
#include "vit/module_testing.h"

namespace caldera::ssl {
namespace {

// Writes out the update of one parameter (You et al., algorithm 1).
void SlowStep(at::Tensor* p, at::Tensor* momentum, const at::Tensor& gradient,
              double lr, double decay, double beta) {
  at::Tensor direction = gradient;
  if (p->dim() > 1) {
    direction = gradient + decay * *p;
    const double size = p->norm().item<double>();
    const double length = direction.norm().item<double>();
    if (size > 0 && length > 0) direction = direction * (0.001 * size / length);
  }
  *momentum = beta * *momentum + direction;
  *p = *p - lr * *momentum;
}

void CheckAgainstTheLoop(double beta) {
  // "moves" and "norm" share a group, and only one of them is scaled.
  std::vector<OptimizerParameter> parameters = {
      {"decays", vit::Normal({3, 4}, 1).requires_grad_(), 1, 0.1},
      {"moves", vit::Normal({2, 2, 2}, 2).requires_grad_(), 1, 0},
      {"norm", vit::Normal({5}, 3).requires_grad_(), 1, 0},
      {"slow", vit::Normal({2, 3}, 4).requires_grad_(), 0.5, 0.1}};
  const auto optimizer =
      OptimizerOf(absl::StrCat("lars { momentum: ", beta, " }"), parameters);
  std::vector<at::Tensor> slow, momentum;
  for (const OptimizerParameter& parameter : parameters) {
    slow.push_back(parameter.tensor.detach().clone());
    momentum.push_back(slow.back() * 0);
  }
  for (int step = 0; step < 4; ++step) {
    const double lr = 0.5 * (step + 1);
    for (size_t i = 0; i < parameters.size(); ++i) {
      const OptimizerParameter& parameter = parameters[i];
      parameters[i].tensor.mutable_grad() =
          vit::Normal(parameter.tensor.sizes(), 10 * (i + 1) + step);
      SlowStep(&slow[i], &momentum[i], parameter.tensor.grad(),
               lr * parameter.lr_scale, parameter.weight_decay, beta);
    }
    optimizer->Step(lr);
    for (size_t i = 0; i < parameters.size(); ++i) {
      EXPECT_TRUE(
          at::allclose(parameters[i].tensor.detach(), slow[i], 1e-12, 1e-13))
          << parameters[i].name;
    }
  }
}

TEST(Lars, FollowsTheAlgorithm) { CheckAgainstTheLoop(0.9); }

TEST(Lars, WorksWithoutMomentum) { CheckAgainstTheLoop(0); }

// The gradient is not modified: another reader may follow.
TEST(Lars, KeepsTheGradient) {
  at::Tensor p = vit::Normal({2, 3}, 5).requires_grad_();
  const auto optimizer = OptimizerOf("lars {}", {{"p", p, 1, 0.1}});
  const at::Tensor gradient = vit::Normal({2, 3}, 6);
  p.mutable_grad() = gradient.clone();
  optimizer->Step(0.1);
  EXPECT_TRUE(p.grad().equal(gradient));
}

TEST(Lars, ZerosAreNotDividedBy) {
  at::Tensor weights = at::zeros({2, 2}, at::kDouble).requires_grad_();
  at::Tensor still = vit::Normal({2, 2}, 7).requires_grad_();
  const at::Tensor before = still.detach().clone();
  const auto optimizer =
      OptimizerOf("lars {}", {{"weights", weights}, {"still", still}});
  weights.mutable_grad() = vit::Normal({2, 2}, 8);
  still.mutable_grad() = at::zeros({2, 2}, at::kDouble);
  optimizer->Step(0.1);
  EXPECT_TRUE(at::allclose(weights.detach(), -0.1 * weights.grad(), 1e-14, 0));
  EXPECT_TRUE(still.detach().equal(before));
}

}  // namespace
}  // namespace caldera::ssl
