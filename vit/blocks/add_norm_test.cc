#include "vit/ops/add_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vit/blocks/attention.h"
#include "vit/blocks/block.h"
#include "vit/module_testing.h"
#include "vit/ops/linear.h"
#include "vit/ops/residual.h"

namespace caldera::vit {
namespace {

class AddNormTest : public testing::Test {
 protected:
  AddNormTest() { FillNormal(norm_, 0.5, 0); }

  LayerNorm norm_{8};
  const at::Tensor x_ = Normal({2, 3, 8}, 1).requires_grad_();
  const at::Tensor branch_ = Normal({2, 3, 8}, 2).requires_grad_();
};

TEST_F(AddNormTest, IsTheSumAndItsNorm) {
  const AddNormOutput both = AddNorm(x_, branch_, norm_, at::kDouble);
  EXPECT_TRUE(both.sum.equal(x_ + branch_));
  EXPECT_TRUE(both.normed.equal(norm_.forward(x_ + branch_)));
  const AddNormOutput alone = AddNorm(x_, {}, norm_, at::kFloat);
  EXPECT_TRUE(alone.sum.equal(x_));
  EXPECT_TRUE(alone.normed.equal(norm_.forward(x_).to(at::kFloat)));
}

TEST_F(AddNormTest, GradientIsTheDerivative) {
  const at::Tensor up = Normal({2, 3, 8}, 3), up_sum = Normal({2, 3, 8}, 4);
  for (const bool with_branch : {true, false}) {
    std::map<std::string, at::Tensor> leaves = {
        {"x", x_}, {"gain", norm_.weight}, {"shift", norm_.bias}};
    if (with_branch) leaves["branch"] = branch_;
    for (const bool read_sum : {true, false}) {
      SCOPED_TRACE(testing::Message() << with_branch << read_sum);
      for (auto& [name, leaf] : leaves) leaf.mutable_grad().reset();
      ExpectGradients(
          [&] {
            const AddNormOutput out = AddNorm(
                x_, with_branch ? branch_ : at::Tensor(), norm_, at::kDouble);
            const at::Tensor loss = (out.normed * up).sum();
            return read_sum ? loss + (out.sum.sin() * up_sum).sum() : loss;
          },
          leaves);
    }
  }
}

TEST_F(AddNormTest, ANormThatNobodyReadsHasNoGradient) {
  AddNorm(x_, branch_, norm_, at::kDouble).sum.sum().backward();
  EXPECT_TRUE(x_.grad().equal(at::ones_like(x_)));
  EXPECT_TRUE(branch_.grad().equal(at::ones_like(x_)));
  EXPECT_EQ(norm_.weight.grad().abs().max().item<double>(), 0);
}

TEST_F(AddNormTest, TheBranchsGradientHasItsType) {
  norm_.to(at::kFloat);
  const at::Tensor x = x_.detach().to(at::kFloat).requires_grad_();
  const at::Tensor branch = branch_.detach().to(at::kBFloat16).requires_grad_();
  const AddNormOutput out = AddNorm(x, branch, norm_, at::kBFloat16);
  EXPECT_EQ(out.sum.scalar_type(), at::kFloat);
  EXPECT_EQ(out.normed.scalar_type(), at::kBFloat16);
  (out.normed.to(at::kFloat) + out.sum).sum().backward();
  EXPECT_EQ(x.grad().scalar_type(), at::kFloat);
  ASSERT_EQ(branch.grad().scalar_type(), at::kBFloat16);
  EXPECT_TRUE(branch.grad().equal(x.grad().to(at::kBFloat16)));
}

TEST_F(AddNormTest, OnlyAGpuHasAKernel) {
  EXPECT_FALSE(AddNormHasKernel(x_.to(at::kFloat), at::kBFloat16));
}

// Compares a block whose sums and norms are AddNorm's with the usual one.
TEST(BlockByAddNorm, HasTheBlocksValuesAndGradients) {
  torch::nn::Module block;
  const auto norm1 =
      block.register_module("norm1", std::make_shared<LayerNorm>(8));
  const auto attention =
      block.register_module("attn", std::make_shared<Attention>(8, 2));
  const auto norm2 =
      block.register_module("norm2", std::make_shared<LayerNorm>(8));
  BlockOptions options;
  options.embed_dim = 8;
  const auto mlp = block.register_module("mlp", std::make_shared<Mlp>(options));
  FillNormal(block, 0.3, 0);
  const at::Tensor x = Normal({2, 5, 8}, 1).requires_grad_();
  std::vector<at::Tensor> leaves = block.parameters();
  leaves.push_back(x);
  for (const bool by_keys : {false, true}) {
    for (const int64_t first : {0, 2}) {
      AttentionRequest request;
      request.first = first;
      if (by_keys)
        request.key_ids = at::tensor({0, 3, 4, 1}, at::kLong).view({2, 2});
      const auto run = [&](FuseSums fuse) {
        const Residual h = attention->AddTo(Residual(x, fuse), *norm1, request);
        EXPECT_EQ(h.branch.defined(), fuse == FuseSums::kAlways);
        return mlp->AddTo(h, *norm2);
      };
      const at::Tensor found = run(FuseSums::kAlways);
      const at::Tensor expected = run(FuseSums::kNever);
      EXPECT_TRUE(found.allclose(expected, 0, 1e-13));
      EXPECT_TRUE(
          run(FuseSums::kWhereThereIsAKernel).equal(expected));  // on a CPU
      const at::Tensor up = Normal({2, 5 - first, 8}, 2);
      const auto a = torch::autograd::grad({found}, leaves, {up});
      const auto b = torch::autograd::grad({expected}, leaves, {up});
      for (size_t i = 0; i < leaves.size(); ++i) {
        EXPECT_TRUE(a[i].allclose(b[i], 1e-12, 1e-12)) << i;
      }
    }
  }
}

TEST(Residual, AScaledBranchDoesNotWait) {
  Linear linear(4, 8);
  FillNormal(linear, 0.3, 0);
  const at::Tensor x = Normal({2, 5, 8}, 1), branch = Normal({2, 5, 4}, 2);
  const at::Tensor scale = Normal({2, 1, 1}, 3);
  const Residual h =
      AddLinear(Residual(x, FuseSums::kAlways), linear, branch, scale);
  EXPECT_FALSE(h.branch.defined());
  EXPECT_TRUE(h.tokens.equal(x + scale * linear.forward(branch)));
  const Residual waits =
      AddLinear(Residual(x, FuseSums::kAlways), linear, branch, {});
  EXPECT_TRUE(waits.tokens.equal(x));
  EXPECT_TRUE(waits.Sum().equal(x + linear.forward(branch)));
}

}  // namespace
}  // namespace caldera::vit
