#include "vit/ops/gelu_linear.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <map>
#include <string>
#include <vector>

#include "vit/module_testing.h"
#include "vit/ops/add_linear.h"
#include "vit/ops/linear.h"

namespace caldera::vit {
namespace {

class GeluLinearTest : public testing::Test {
 protected:
  GeluLinearTest() {
    FillNormal(linear_, 0.5, 0);
    hidden_.requires_grad_();
    residual_.requires_grad_();
  }

  // The reference runs GELU and linear separately.
  at::Tensor Plain(bool adds) {
    const at::Tensor x = at::gelu(hidden_);
    return adds ? AddLinear(residual_, linear_, x) : linear_.forward(x);
  }

  std::vector<at::Tensor> Gradients(const at::Tensor& y, bool adds) {
    std::vector<at::Tensor> leaves = {hidden_, linear_.weight, linear_.bias};
    if (adds) leaves.push_back(residual_);
    const at::Tensor up = Normal(y.sizes().vec(), 3).to(y.scalar_type());
    return torch::autograd::grad({y}, leaves, {up});
  }

  // The errors of values and gradients are relative to the largest of each.
  void ExpectPlain(double tolerance) {
    for (const bool adds : {true, false}) {
      const at::Tensor y =
          GeluLinear(hidden_, linear_, adds ? residual_ : at::Tensor());
      const at::Tensor expected = Plain(adds);
      EXPECT_EQ(y.scalar_type(), expected.scalar_type());
      EXPECT_TRUE(y.allclose(expected, 0, tolerance));
      const auto found = Gradients(y, adds), wanted = Gradients(expected, adds);
      for (size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_EQ(found[i].scalar_type(), wanted[i].scalar_type());
        const double most = wanted[i].abs().max().item<double>();
        EXPECT_TRUE(found[i].allclose(wanted[i], 0, tolerance * most)) << i;
      }
    }
  }

  Linear linear_{8, 5};
  at::Tensor hidden_ = Normal({2, 3, 8}, 1), residual_ = Normal({2, 3, 5}, 2);
};

TEST_F(GeluLinearTest, IsGeluAndTheMapOneAfterTheOther) { ExpectPlain(1e-13); }

TEST_F(GeluLinearTest, InFloatAndInBFloat16) {
  linear_.to(at::kFloat);
  hidden_ = hidden_.detach().to(at::kFloat).requires_grad_();
  residual_ = residual_.detach().to(at::kFloat).requires_grad_();
  ExpectPlain(2e-6);
  SetComputeType(linear_, at::kBFloat16);
  hidden_ = hidden_.detach().to(at::kBFloat16).requires_grad_();
  ExpectPlain(1e-6);
}

TEST_F(GeluLinearTest, GradientIsTheDerivative) {
  const at::Tensor direction = Normal({2, 3, 5}, 4);
  ExpectGradients(
      [&] {
        return (GeluLinear(hidden_, linear_, residual_) * direction).sum() +
               GeluLinear(hidden_, linear_).square().sum();
      },
      {{"hidden", hidden_},
       {"residual", residual_},
       {"weight", linear_.weight},
       {"bias", linear_.bias}});
}

TEST_F(GeluLinearTest, FrozenPartsGetNoGradient) {
  linear_.weight.requires_grad_(false);
  GeluLinear(hidden_, linear_, residual_.detach()).sum().backward();
  EXPECT_FALSE(linear_.weight.grad().defined());
  EXPECT_TRUE(hidden_.grad().defined() && linear_.bias.grad().defined());
}

}  // namespace
}  // namespace caldera::vit
