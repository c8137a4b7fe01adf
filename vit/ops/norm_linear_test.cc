#include "vit/ops/norm_linear.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <map>
#include <string>
#include <vector>

#include "vit/module_testing.h"
#include "vit/ops/linear.h"

namespace caldera::vit {
namespace {

class NormLinearTest : public testing::Test {
 protected:
  NormLinearTest() {
    FillNormal(norm_, 0.5, 0);
    FillNormal(linear_, 0.5, 1);
    x_.requires_grad_();
  }

  std::vector<at::Tensor> Leaves() {
    std::vector<at::Tensor> leaves = {x_, norm_.weight, norm_.bias,
                                      linear_.weight};
    if (linear_.bias.defined()) leaves.push_back(linear_.bias);
    return leaves;
  }

  // The reference runs norm and linear separately.
  at::Tensor Plain() { return linear_.forward(norm_.forward(x_)); }

  std::vector<at::Tensor> Gradients(const at::Tensor& y) {
    const at::Tensor up = Normal(y.sizes().vec(), 3).to(y.scalar_type());
    return torch::autograd::grad({y}, Leaves(), {up});
  }

  // The errors of values and gradients are relative to the largest of each.
  void ExpectPlain(double tolerance) {
    const at::Tensor y = NormLinear(x_, norm_, linear_), expected = Plain();
    EXPECT_EQ(y.scalar_type(), expected.scalar_type());
    EXPECT_TRUE(at::equal(y, expected));
    const auto found = Gradients(y), wanted = Gradients(expected);
    for (size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(found[i].scalar_type(), wanted[i].scalar_type());
      const double most = wanted[i].abs().max().item<double>();
      EXPECT_TRUE(found[i].allclose(wanted[i], 0, tolerance * most)) << i;
    }
  }

  LayerNorm norm_{8};
  Linear linear_{8, 5};
  at::Tensor x_ = Normal({2, 3, 8}, 2);
};

TEST_F(NormLinearTest, IsTheNormAndTheMapOneAfterTheOther) {
  ExpectPlain(1e-13);
}

TEST_F(NormLinearTest, WithoutABias) {
  linear_.bias = at::Tensor();
  ExpectPlain(1e-13);
}

TEST_F(NormLinearTest, InTheMapsType) {
  norm_.to(at::kFloat);
  linear_.to(at::kFloat);
  x_ = x_.detach().to(at::kFloat).requires_grad_();
  ExpectPlain(1e-6);
  SetComputeType(linear_, at::kBFloat16);
  ExpectPlain(1e-6);
}

TEST_F(NormLinearTest, OfTokensThatAreNoBlockOfMemory) {
  x_ = Normal({3, 2, 8}, 2).transpose(0, 1).requires_grad_();
  ExpectPlain(1e-13);
}

TEST_F(NormLinearTest, GradientIsTheDerivative) {
  const at::Tensor direction = Normal({2, 3, 5}, 4);
  ExpectGradients(
      [&] { return (NormLinear(x_, norm_, linear_) * direction).sum(); },
      {{"x", x_},
       {"gain", norm_.weight},
       {"shift", norm_.bias},
       {"weight", linear_.weight},
       {"bias", linear_.bias}});
}

TEST_F(NormLinearTest, FrozenPartsGetNoGradient) {
  linear_.weight.requires_grad_(false);
  norm_.weight.requires_grad_(false);
  NormLinear(x_, norm_, linear_).sum().backward();
  EXPECT_FALSE(linear_.weight.grad().defined());
  EXPECT_FALSE(norm_.weight.grad().defined());
  EXPECT_TRUE(x_.grad().defined() && linear_.bias.grad().defined());
}

}  // namespace
}  // namespace caldera::vit
