#include "vit/ops/gelu.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

// Computes GELU of one number, in double.
double ExactGelu(double x) { return x * 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double ExactSlope(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0)) +
         x * std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
}

TEST(Gelu, LiesNextToTheExactValues) {
  // No vector length divides this count.
  const at::Tensor x = at::linspace(-14, 14, 200003, at::kFloat);
  const at::Tensor y = Gelu(x);
  const at::Tensor grad = at::ones_like(x) * 3;
  const GeluPair pair = GeluAgain(grad, x);
  EXPECT_TRUE(at::equal(pair.value, y));
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double at = x.const_data_ptr<float>()[i];
    ASSERT_NEAR(y.const_data_ptr<float>()[i], ExactGelu(at),
                3e-7 * std::max(1.0, std::abs(at)))
        << at;
    ASSERT_NEAR(pair.gradient.const_data_ptr<float>()[i], 3 * ExactSlope(at),
                1.5e-6)
        << at;
  }
}

TEST(Gelu, EndsOfTheRange) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor x = at::tensor({0.0F, 1e30F, -1e30F, infinity, nan});
  const at::Tensor y = Gelu(x);
  EXPECT_EQ(y[0].item<float>(), 0);
  EXPECT_EQ(y[1].item<float>(), 1e30F);
  EXPECT_NEAR(y[2].item<float>() / 1e30, 0, 1e-30);
  EXPECT_EQ(y[3].item<float>(), infinity);
  EXPECT_TRUE(std::isnan(y[4].item<float>()));
  EXPECT_TRUE(
      std::isnan(GeluAgain(at::ones_like(x), x).gradient[4].item<float>()));
}

TEST(Gelu, OtherTypesAndLayoutsGiveAtensValues) {
  const at::Tensor wide = Normal({6, 8}, 0), g = Normal({6, 8}, 1);
  for (const at::ScalarType type : {at::kDouble, at::kBFloat16, at::kFloat}) {
    const at::Tensor x = wide.to(type).t(), grad = g.to(type).t();
    const double tolerance = type == at::kFloat ? 1e-6 : 0;
    const GeluPair pair = GeluAgain(grad, x);
    EXPECT_TRUE(Gelu(x).allclose(at::gelu(x), 0, tolerance));
    EXPECT_TRUE(pair.value.allclose(at::gelu(x), 0, tolerance));
    EXPECT_TRUE(
        pair.gradient.allclose(at::gelu_backward(grad, x), 0, tolerance));
    EXPECT_EQ(pair.gradient.scalar_type(), type);
  }
}

TEST(Gelu, TakesTheMemoryOfAGradientThatNobodyElseHas) {
  const at::Tensor x = Normal({5}, 0).to(at::kFloat);
  const at::Tensor kept = Normal({5}, 1).to(at::kFloat), before = kept.clone();
  const GeluPair pair = GeluAgain(kept.view({5}), x);
  EXPECT_TRUE(at::equal(kept, before));
  const GeluPair again = GeluAgain(before.clone(), x);
  EXPECT_TRUE(at::equal(pair.gradient, again.gradient));
}

}  // namespace
}  // namespace caldera::vit
