#include "vit/ops/activation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/tanh.h>
#include <gtest/gtest.h>

#include <cmath>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

at::Tensor Sigmoid(const at::Tensor& x) { return 1 / (1 + at::exp(-x)); }

TEST(Activate, IsTheFormula) {
  const at::Tensor x = Normal({3, 8}, 0);
  const at::Tensor inner = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
  EXPECT_TRUE(Activate(x, EncoderSpec::GELU_TANH)
                  .allclose(0.5 * x * (1 + at::tanh(inner)), 0, 1e-12));
  EXPECT_TRUE(Activate(x, EncoderSpec::QUICK_GELU)
                  .allclose(x * Sigmoid(1.702 * x), 0, 1e-12));
  const at::Tensor gate = x.slice(1, 0, 4), value = x.slice(1, 4);
  EXPECT_TRUE(Activate(x, EncoderSpec::SWIGLU)
                  .allclose(gate * Sigmoid(gate) * value, 0, 1e-12));
  // The approximation is near the erf form, and not it.
  const at::Tensor difference =
      (Activate(x, EncoderSpec::GELU) - Activate(x, EncoderSpec::GELU_TANH))
          .abs()
          .max();
  EXPECT_GT(difference.item<double>(), 1e-6);
  EXPECT_LT(difference.item<double>(), 1e-3);
}

TEST(Activate, HalvesTheWidthForGates) {
  EXPECT_EQ(ActivatedWidth(10, EncoderSpec::SWIGLU), 5);
  EXPECT_EQ(ActivatedWidth(10, EncoderSpec::GELU), 10);
}

}  // namespace
}  // namespace caldera::vit
