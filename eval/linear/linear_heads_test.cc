#include "eval/linear/linear_heads.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <limits>
#include <tuple>
#include <vector>

namespace caldera::eval {
namespace {

constexpr int64_t kRows = 24, kWidth = 7, kClasses = 4;

struct Data {
  at::Tensor features, labels;
};

Data MakeData(uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  const at::Tensor labels =
      at::randint(0, kClasses, {kRows}, generator, at::kLong);
  return {1 + at::randn({kRows, kWidth}, generator, at::kDouble), labels};
}

// Trains one head alone, by autograd and the published update rules.
struct PlainHead {
  at::Tensor weight, bias, weight_momentum, bias_momentum;

  explicit PlainHead(const LinearHeads& first)
      : weight(first.weight()[0].clone()),
        bias(first.bias()[0].clone()),
        weight_momentum(at::zeros_like(weight)),
        bias_momentum(at::zeros_like(bias)) {}

  void Step(const Data& data, double rate, double decay,
            const HeadsOptions& options) {
    at::Tensor x = data.features;
    if (options.batch_norm) {
      x = (x - x.mean(0)) / (x.var(0, /*unbiased=*/false) + 1e-6).sqrt();
    }
    at::Tensor w = weight.detach().set_requires_grad(true);
    at::Tensor b = bias.detach().set_requires_grad(true);
    at::cross_entropy_loss(x.matmul(w.t()) + b, data.labels).backward();
    at::Tensor dw = w.grad() + decay * weight, db = b.grad();
    if (options.optimizer == "LARS") {
      dw = dw * 0.001 * weight.norm() / dw.norm();
    } else {
      db = db + decay * bias;
    }
    weight_momentum = options.momentum * weight_momentum + dw;
    bias_momentum = options.momentum * bias_momentum + db;
    weight = weight - rate * weight_momentum;
    bias = bias - rate * bias_momentum;
  }
};

class LinearHeadsTest : public testing::TestWithParam<
                            std::tuple<const char*, bool, at::ScalarType>> {};

TEST_P(LinearHeadsTest, EachHeadEqualsOneAlone) {
  HeadsOptions options;
  std::tie(options.optimizer, options.batch_norm, options.dtype) = GetParam();
  const std::vector<double> rates = {0.3, 0.03, 0.1}, decays = {0, 0.1, 0.02};
  LinearHeads heads(kWidth, kClasses, decays, options);
  HeadsOptions exact = options;
  exact.dtype = at::kDouble;
  const LinearHeads first(kWidth, kClasses, {0}, exact);
  std::vector<PlainHead> plain(3, PlainHead(first));
  for (int step = 0; step < 6; ++step) {
    const Data data = MakeData(step);
    heads.Step(data.features.to(options.dtype), data.labels, rates);
    for (int h = 0; h < 3; ++h) {
      plain[h].Step(data, rates[h], decays[h], options);
    }
  }
  // A gradient is a mean of 24 products after a norm and a product of 7 terms:
  // in float some 40 eps of its size, which is below 1, a step; LARS divides
  // by norms, some 10 eps. Six steps at a rate of at most 0.3 and weights below
  // 1 are within 128 eps; the smallest decay, left out, moves them by 1e-4.
  const double tolerance = options.dtype == at::kDouble
                               ? 1e-12
                               : 128 * std::numeric_limits<float>::epsilon();
  for (int h = 0; h < 3; ++h) {
    EXPECT_LT((heads.weight()[h] - plain[h].weight).abs().max().item<double>(),
              tolerance)
        << h;
    EXPECT_LT((heads.bias()[h] - plain[h].bias).abs().max().item<double>(),
              tolerance)
        << h;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rules, LinearHeadsTest,
    testing::Combine(testing::Values("LARS", "SGD"), testing::Bool(),
                     testing::Values(at::kFloat, at::kDouble)));

TEST(LinearHeads, AHeadDoesNotDependOnTheOthers) {
  HeadsOptions options;
  options.dtype = at::kDouble;
  LinearHeads one(kWidth, kClasses, {0.01}, options);
  LinearHeads two(kWidth, kClasses, {0.01, 0.5}, options);
  const Data data = MakeData(1);
  for (int step = 0; step < 4; ++step) {
    one.Step(data.features, data.labels, {0.5});
    two.Step(data.features, data.labels, {0.5, 1e6});
  }
  EXPECT_LT((one.weight()[0] - two.weight()[0]).abs().max().item<double>(),
            1e-12);
}

TEST(LinearHeads, LogitsUseTheRunningStatistics) {
  HeadsOptions options;
  options.dtype = at::kDouble;
  LinearHeads heads(kWidth, kClasses, {0}, options);
  const Data data = MakeData(1);
  heads.Step(data.features, data.labels, {0.1});
  // After one step torch.nn.BatchNorm1d has moved from (0, 1) 0.1 of the way to
  // the batch's mean and unbiased variance.
  const at::Tensor mean = 0.1 * data.features.mean(0);
  const at::Tensor variance = 0.9 + 0.1 * data.features.var(0);
  const at::Tensor expected =
      ((data.features - mean) / (variance + 1e-6).sqrt())
          .matmul(heads.weight()[0].t()) +
      heads.bias()[0];
  EXPECT_LT((heads.Logits(data.features).select(1, 0) - expected)
                .abs()
                .max()
                .item<double>(),
            1e-12);
}

TEST(LinearHeads, BlocksOfRowsDoNotShow) {
  // 3,000 heads x 10 classes make 559 rows a block.
  HeadsOptions options;
  options.dtype = at::kDouble;
  const auto generator = at::detail::createCPUGenerator(3);
  const at::Tensor features = at::randn({700, 2}, generator, at::kDouble);
  const at::Tensor labels = at::arange(700, at::kLong).remainder(10);
  LinearHeads many(2, 10, std::vector<double>(3000, 0), options);
  LinearHeads one(2, 10, {0}, options);
  many.Step(features, labels, std::vector<double>(3000, 0.5));
  one.Step(features, labels, {0.5});
  EXPECT_LT((many.weight()[2999] - one.weight()[0]).abs().max().item<double>(),
            1e-12);
  EXPECT_LT((many.bias()[2999] - one.bias()[0]).abs().max().item<double>(),
            1e-12);
}

TEST(LinearHeads, TheSeedDrawsTheFirstWeights) {
  HeadsOptions options;
  const LinearHeads a(50, 20, {0}, options), b(50, 20, {0}, options);
  options.seed = 1;
  const LinearHeads c(50, 20, {0}, options);
  EXPECT_TRUE(at::equal(a.weight(), b.weight()));
  EXPECT_FALSE(at::equal(a.weight(), c.weight()));
  EXPECT_NEAR(a.weight().std().item<double>(), 0.01, 0.001);
}

}  // namespace
}  // namespace caldera::eval
