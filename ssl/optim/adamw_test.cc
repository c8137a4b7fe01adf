#include "ssl/optim/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>

namespace caldera::ssl {
namespace {

at::Tensor Parameter(at::IntArrayRef shape) {
  return at::randn(shape, at::kDouble).requires_grad_();
}

// The update written out for one tensor (Loshchilov and Hutter, algorithm 2).
struct Reference {
  at::Tensor p, m, v;
  double decay;
  int t = 0;
  void Step(const at::Tensor& g, double lr) {
    ++t;
    p = p * (1 - lr * decay);
    m = 0.9 * m + 0.1 * g;
    v = 0.95 * v + 0.05 * g * g;
    const at::Tensor mhat = m / (1 - std::pow(0.9, t));
    const at::Tensor vhat = v / (1 - std::pow(0.95, t));
    p = p - lr * mhat / (vhat.sqrt() + 1e-8);
  }
};

TEST(AdamW, FollowsTheAlgorithmAndDecaysMatricesOnly) {
  at::Tensor matrix = Parameter({3, 4}), vector = Parameter({5});
  AdamW optimizer({{"w", matrix}, {"b", vector}}, AdamWOptions{});
  Reference w{matrix.detach().clone(), matrix.detach() * 0, matrix.detach() * 0,
              0.05};
  Reference b{vector.detach().clone(), vector.detach() * 0, vector.detach() * 0,
              0};
  for (int step = 0; step < 5; ++step) {
    const double lr = 0.01 * (step + 1);
    const at::Tensor gw = at::randn({3, 4}, at::kDouble);
    const at::Tensor gb = at::randn({5}, at::kDouble);
    matrix.mutable_grad() = gw;
    vector.mutable_grad() = gb;
    optimizer.Step(lr);
    w.Step(gw, lr);
    b.Step(gb, lr);
    EXPECT_TRUE(at::allclose(matrix.detach(), w.p, 1e-12, 1e-12));
    EXPECT_TRUE(at::allclose(vector.detach(), b.p, 1e-12, 1e-12));
  }
}

TEST(AdamW, LeavesParametersWithoutGradientAlone) {
  at::Tensor used = Parameter({2, 2}), unused = Parameter({2, 2});
  const at::Tensor before = unused.detach().clone();
  AdamW optimizer({{"used", used}, {"unused", unused}}, AdamWOptions{});
  used.mutable_grad() = at::randn({2, 2}, at::kDouble);
  optimizer.Step(0.1);
  EXPECT_TRUE(unused.detach().equal(before));
  EXPECT_EQ(optimizer.State().at("step.unused").item<double>(), 0);
  EXPECT_EQ(optimizer.State().at("step.used").item<double>(), 1);
  optimizer.ZeroGrad();
  EXPECT_FALSE(used.grad().defined());
}

TEST(AdamW, StateContinuesBitForBit) {
  at::Tensor p = Parameter({4, 4});
  AdamW optimizer({{"p", p}}, AdamWOptions{});
  const at::Tensor g = at::randn({4, 4}, at::kDouble);
  p.mutable_grad() = g;
  optimizer.Step(0.1);

  at::Tensor q = p.detach().clone().requires_grad_();
  AdamW second({{"p", q}}, AdamWOptions{});
  ASSERT_TRUE(
      vit::CopyStateDict(optimizer.State(), second.State(), "test").ok());
  q.mutable_grad() = g;
  optimizer.Step(0.1);
  second.Step(0.1);
  EXPECT_TRUE(p.detach().equal(q.detach()));
}

TEST(AdamW, ClipsTheGlobalNorm) {
  at::Tensor a = Parameter({2, 2}), b = Parameter({3});
  AdamW optimizer({{"a", a}, {"b", b}}, AdamWOptions{});
  a.mutable_grad() = at::randn({2, 2}, at::kDouble);
  b.mutable_grad() = at::randn({3}, at::kDouble);
  const double norm = std::sqrt((a.grad() * a.grad()).sum().item<double>() +
                                (b.grad() * b.grad()).sum().item<double>());
  EXPECT_NEAR(optimizer.ClipGradNorm(0.5 * norm).item<double>(), norm, 1e-12);
  const double clipped = std::sqrt((a.grad() * a.grad()).sum().item<double>() +
                                   (b.grad() * b.grad()).sum().item<double>());
  EXPECT_NEAR(clipped, 0.5 * norm, 1e-5 * norm);
  const at::Tensor before = a.grad().clone();
  optimizer.ClipGradNorm(10 * norm);
  EXPECT_TRUE(a.grad().equal(before));
}

}  // namespace
}  // namespace caldera::ssl
