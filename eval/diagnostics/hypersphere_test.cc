#include "eval/diagnostics/hypersphere.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace caldera::eval {
namespace {

at::Tensor Random(int64_t rows, int64_t width, uint64_t seed) {
  return at::randn({rows, width}, at::detail::createCPUGenerator(seed),
                   at::kDouble);
}

TEST(Alignment, IsTheMeanSquaredDistanceOnTheSphere) {
  const at::Tensor x = at::tensor({2., 0., 0., 3.}).view({2, 2});
  const at::Tensor y = at::tensor({5., 0., 7., 0.}).view({2, 2});
  EXPECT_DOUBLE_EQ(Alignment(x, y), (0 + 2) / 2.0);
  EXPECT_DOUBLE_EQ(Alignment(x, -x), 4);
}

TEST(Uniformity, IsTheLogOfTheMeanKernelOverPairs) {
  const at::Tensor x = Random(60, 5, 1);
  double sum = 0;
  for (int64_t i = 0; i < 60; ++i) {
    for (int64_t j = 0; j < i; ++j) {
      const at::Tensor a = x[i] / x[i].norm(), b = x[j] / x[j].norm();
      sum += std::exp(-2 * (a - b).square().sum().item<double>());
    }
  }
  EXPECT_NEAR(Uniformity(x), std::log(sum / (60 * 59 / 2)), 1e-12);
}

TEST(Uniformity, BlocksDoNotShow) {
  // Every row occurs three times, over several blocks. With S the sum over the
  // pairs of 700 rows: 9 S + 3 * 700 of 2100 * 2099 / 2 pairs.
  const at::Tensor x = Random(700, 6, 2);
  const double once = std::exp(Uniformity(x)) * 700 * 699 / 2;
  EXPECT_NEAR(Uniformity(x.repeat({3, 1})),
              std::log((9 * once + 3 * 700) / (2100.0 * 2099 / 2)), 1e-9);
}

TEST(Uniformity, CollapsedFeaturesGiveZero) {
  EXPECT_NEAR(Uniformity(at::ones({10, 4})), 0, 1e-12);
}

}  // namespace
}  // namespace caldera::eval
