#include "eval/linear/softmax_regression.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "gtest/gtest.h"

namespace caldera::eval {
namespace {

struct Problem {
  at::Tensor x, labels, theta;
};

Problem Random(int64_t rows, int64_t width, int64_t classes) {
  auto generator = at::detail::createCPUGenerator(5);
  Problem p;
  p.x = at::randn({rows, width}, generator, at::kDouble);
  p.labels = at::randint(0, classes, {rows}, generator, at::kLong);
  p.theta = at::randn({width + 1, classes}, generator, at::kDouble);
  return p;
}

TEST(SoftmaxRegressionTest, ZeroWeightsCostLogOfTheClasses) {
  const Problem p = Random(20, 3, 7);
  at::Tensor gradient;
  EXPECT_NEAR(SoftmaxRegressionLoss(p.x, p.labels, at::zeros_like(p.theta), 1,
                                    &gradient),
              std::log(7.0), 1e-12);
}

TEST(SoftmaxRegressionTest, GradientAgreesWithCentralDifferences) {
  const Problem p = Random(13, 4, 3);
  const double l2 = 0.3, step = 1e-5;
  at::Tensor gradient, ignored;
  SoftmaxRegressionLoss(p.x, p.labels, p.theta, l2, &gradient);
  for (int64_t i = 0; i < p.theta.size(0); ++i) {
    for (int64_t j = 0; j < p.theta.size(1); ++j) {
      at::Tensor up = p.theta.clone(), down = p.theta.clone();
      up[i][j] += step;
      down[i][j] -= step;
      const double difference =
          (SoftmaxRegressionLoss(p.x, p.labels, up, l2, &ignored) -
           SoftmaxRegressionLoss(p.x, p.labels, down, l2, &ignored)) /
          (2 * step);
      // The truncation error is step^2, the rounding error 1e-16 / step.
      EXPECT_NEAR(gradient[i][j].item<double>(), difference, 1e-9);
    }
  }
}

TEST(SoftmaxRegressionTest, BlocksAddUpAndFloatFollowsDouble) {
  const Problem p = Random(40000, 5, 4);  // several blocks
  at::Tensor all, half, other, single;
  const double loss = SoftmaxRegressionLoss(p.x, p.labels, p.theta, 0, &all);
  const double first = SoftmaxRegressionLoss(
      p.x.narrow(0, 0, 10000), p.labels.narrow(0, 0, 10000), p.theta, 0, &half);
  const double rest = SoftmaxRegressionLoss(p.x.narrow(0, 10000, 30000),
                                            p.labels.narrow(0, 10000, 30000),
                                            p.theta, 0, &other);
  EXPECT_NEAR(loss, 0.25 * first + 0.75 * rest, 1e-12);
  EXPECT_LT((all - 0.25 * half - 0.75 * other).abs().max().item<double>(),
            1e-12);
  EXPECT_NEAR(
      SoftmaxRegressionLoss(p.x.to(at::kFloat), p.labels, p.theta, 0, &single),
      loss, 1e-6 * loss);
  EXPECT_LT((all - single).abs().max().item<double>(), 1e-6);
}

TEST(SoftmaxRegressionTest, HugeLogitsStayFinite) {
  const Problem p = Random(10, 3, 4);
  at::Tensor gradient;
  EXPECT_TRUE(std::isfinite(SoftmaxRegressionLoss(
      p.x.to(at::kFloat), p.labels, p.theta * 1e6, 0, &gradient)));
  EXPECT_TRUE(gradient.isfinite().all().item<bool>());
}

}  // namespace
}  // namespace caldera::eval
