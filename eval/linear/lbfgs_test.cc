#include "eval/linear/lbfgs.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

TEST(LbfgsTest, SolvesAnIllConditionedQuadratic) {
  // A quadratic with eigenvalues from 1 to 1e4 and its minimum at `target`.
  const at::Tensor scale = at::linspace(0, 4, 30, at::kDouble);
  const at::Tensor eigenvalues = (scale * std::log(10.0)).exp();
  const at::Tensor target = at::linspace(-1, 1, 30, at::kDouble);
  int evaluations = 0;
  const auto quadratic = [&](const at::Tensor& x, at::Tensor* gradient) {
    ++evaluations;
    *gradient = eigenvalues * (x - target);
    return 0.5 * ((x - target) * *gradient).sum().item<double>();
  };
  LbfgsOptions options;
  options.gradient_tolerance = 1e-10;
  options.max_iterations = 2000;
  const LbfgsResult result =
      MinimizeLbfgs(quadratic, at::zeros({30}, at::kDouble), options);
  EXPECT_TRUE(result.converged);
  EXPECT_LT((result.x - target).abs().max().item<double>(), 1e-6);
  // The steps' lengths are right from the start.
  EXPECT_LT(evaluations, 1.2 * result.iterations + 10) << result.iterations;
}

// Rosenbrock's valley is curved, so that a full step is often refused.
double Rosenbrock(const at::Tensor& x, at::Tensor* gradient) {
  const double a = x[0].item<double>(), b = x[1].item<double>();
  const double u = 1 - a, v = b - a * a;
  *gradient = at::tensor({-2 * u - 400 * a * v, 200 * v}, at::kDouble);
  return u * u + 100 * v * v;
}

TEST(LbfgsTest, FollowsRosenbrocksValley) {
  LbfgsOptions options;
  options.gradient_tolerance = 1e-12;
  const LbfgsResult result =
      MinimizeLbfgs(Rosenbrock, at::tensor({-1.2, 1.0}, at::kDouble), options);
  EXPECT_TRUE(result.converged);
  EXPECT_LT(result.iterations, 60);
  EXPECT_LT((result.x - 1).abs().max().item<double>(), 1e-9);
}

TEST(LbfgsTest, StopsAfterMaxIterationsBelowTheStart) {
  LbfgsOptions options;
  options.max_iterations = 3;
  options.gradient_tolerance = 1e-12;
  const at::Tensor start = at::tensor({-1.2, 1.0}, at::kDouble);
  at::Tensor gradient;
  const LbfgsResult result = MinimizeLbfgs(Rosenbrock, start, options);
  EXPECT_FALSE(result.converged);
  EXPECT_EQ(result.iterations, 3);
  EXPECT_LT(result.value, Rosenbrock(start, &gradient));
}

TEST(LbfgsTest, AMinimumAtTheStartIsConverged) {
  const LbfgsResult result =
      MinimizeLbfgs(Rosenbrock, at::ones({2}, at::kDouble), {});
  EXPECT_TRUE(result.converged);
  EXPECT_EQ(result.iterations, 0);
}

TEST(LbfgsTest, EndsOnAFunctionThatLiesAboutItsSlope) {
  // The gradient promises a decrease that never comes.
  const auto liar = [](const at::Tensor& x, at::Tensor* gradient) {
    *gradient = at::ones_like(x);
    return 1.0;
  };
  const LbfgsResult result =
      MinimizeLbfgs(liar, at::zeros({2}, at::kDouble), {});
  EXPECT_FALSE(result.converged);
  EXPECT_EQ(result.value, 1.0);
}

TEST(LbfgsTest, StepsBackFromInfinity) {
  // The function -log(x) + x is infinite for x <= 0 and has its minimum at 1.
  const auto barrier = [](const at::Tensor& x, at::Tensor* gradient) {
    const double v = x.item<double>();
    *gradient = at::full({1}, 1 - 1 / v, at::kDouble);
    return v > 0 ? v - std::log(v) : std::numeric_limits<double>::infinity();
  };
  LbfgsOptions options;
  options.gradient_tolerance = 1e-9;
  const LbfgsResult result =
      MinimizeLbfgs(barrier, at::full({1}, 30.0, at::kDouble), options);
  EXPECT_TRUE(result.converged);
  EXPECT_NEAR(result.x.item<double>(), 1, 1e-8);
}

}  // namespace
}  // namespace caldera::eval
