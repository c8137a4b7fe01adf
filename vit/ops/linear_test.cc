// Tests the linear layer, its rows and its sum with the residual stream.
#include "vit/ops/linear.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "vit/module_testing.h"
#include "vit/ops/add_linear.h"

namespace caldera::vit {
namespace {

TEST(Linear, EqualsTheMatrixProduct) {
  for (const bool with_bias : {true, false}) {
    Linear linear(8, 5, with_bias);
    FillNormal(linear, 1, 0);
    const at::Tensor x = Normal({2, 3, 8}, 1);
    at::Tensor expected = x.matmul(linear.weight.t());
    if (with_bias) expected = expected + linear.bias;
    EXPECT_TRUE(linear.forward(x).allclose(expected, 0, 1e-13));
    EXPECT_TRUE(LinearRows(linear, x, 1, 4)
                    .allclose(expected.slice(2, 1, 4), 0, 1e-13));
    const at::Tensor residual = Normal({2, 3, 5}, 2);
    EXPECT_TRUE(
        AddLinear(residual, linear, x).allclose(residual + expected, 0, 1e-13));
    // The rows are not contiguous.
    const at::Tensor wide = Normal({2, 6, 5}, 3).slice(1, 3);
    EXPECT_TRUE(
        AddLinear(wide, linear, x.transpose(0, 1).contiguous().transpose(0, 1))
            .allclose(wide + expected, 0, 1e-13));
  }
}

TEST(Linear, LeavesTheResidualAsItIs) {
  Linear linear(8, 5);
  FillNormal(linear, 1, 0);
  const at::Tensor residual = Normal({2, 3, 5}, 2), before = residual.clone();
  AddLinear(residual, linear, Normal({2, 3, 8}, 1));
  EXPECT_TRUE(at::equal(residual, before));
}

TEST(Linear, GradientIsTheDerivative) {
  Linear linear(8, 5);
  FillNormal(linear, 1, 0);
  const at::Tensor x = Normal({2, 3, 8}, 1).requires_grad_();
  const at::Tensor residual = Normal({2, 3, 5}, 2).requires_grad_();
  const at::Tensor direction = Normal({2, 3, 5}, 3);
  ExpectGradients(
      [&] {
        const at::Tensor sum =
            AddLinear(residual, linear, x) * direction + linear.forward(x);
        return sum.sum() +
               (LinearRows(linear, x, 1, 3) * direction.slice(2, 1, 3)).sum();
      },
      {{"x", x},
       {"residual", residual},
       {"weight", linear.weight},
       {"bias", linear.bias}});
}

TEST(SetComputeType, RoundsTheFactorsAndKeepsTheParameters) {
  const auto linear = std::make_shared<Linear>(8, 5);
  torch::nn::Module parent;
  parent.register_module("inner", linear);
  FillNormal(*linear, 1, 0);
  linear->to(at::kFloat);
  SetComputeType(parent, at::kBFloat16);
  const at::Tensor x = Normal({2, 3, 8}, 1).to(at::kFloat).requires_grad_();
  const auto round = [](const at::Tensor& t) { return t.to(at::kBFloat16); };
  const at::Tensor y = linear->forward(x);
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(at::equal(
      y, at::linear(round(x), round(linear->weight), round(linear->bias))));
  const at::Tensor residual = Normal({2, 3, 5}, 2).to(at::kFloat);
  const at::Tensor sum = AddLinear(residual, *linear, x);
  EXPECT_EQ(sum.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(sum, residual + y));
  EXPECT_TRUE(at::equal(LinearRows(*linear, x, 1, 3), y.slice(2, 1, 3)));
  sum.sum().backward();
  for (const at::Tensor& leaf : {linear->weight, linear->bias, x}) {
    EXPECT_EQ(leaf.scalar_type(), at::kFloat);
    EXPECT_EQ(leaf.grad().scalar_type(), at::kFloat);
  }
  SetComputeType(parent, {});
  EXPECT_EQ(linear->forward(x).scalar_type(), at::kFloat);
}

}  // namespace
}  // namespace caldera::vit
