#include "vit/blocks/block.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

// Computes the block again, one sample and one head at a time, from its
// weights.
class SlowBlock {
 public:
  SlowBlock(const Block& block, int64_t num_heads)
      : parameters_(block.named_parameters()), num_heads_(num_heads) {}

  at::Tensor Forward(const at::Tensor& x) const {
    std::vector<at::Tensor> out;
    for (int64_t b = 0; b < x.size(0); ++b) {
      at::Tensor y = x[b];  // [N, D]
      y = y + AttentionBranch(y);
      out.push_back(y + MlpBranch(y));
    }
    return at::stack(out);
  }

  // The branches without the residual; x [N, D].
  at::Tensor AttentionBranch(const at::Tensor& x) const {
    return Attend(Norm(x, "norm1"));
  }
  at::Tensor MlpBranch(const at::Tensor& x) const {
    const at::Tensor hidden = Linear(Norm(x, "norm2"), "mlp.fc1");
    const at::Tensor gelu =
        0.5 * hidden * (1 + at::erf(hidden / std::sqrt(2.0)));
    return Linear(gelu, "mlp.fc2");
  }

 private:
  at::Tensor Linear(const at::Tensor& x, const std::string& name) const {
    return x.matmul(parameters_[name + ".weight"].t()) +
           parameters_[name + ".bias"];
  }

  at::Tensor Norm(const at::Tensor& x, const std::string& name) const {
    const at::Tensor centred = x - x.mean(1, /*keepdim=*/true);
    const at::Tensor variance = centred.pow(2).mean(1, /*keepdim=*/true);
    return centred / (variance + 1e-6).sqrt() * parameters_[name + ".weight"] +
           parameters_[name + ".bias"];
  }

  at::Tensor Attend(const at::Tensor& x) const {
    const int64_t d = x.size(1), width = d / num_heads_;
    const at::Tensor qkv = Linear(x, "attn.qkv");  // [N, 3D]
    std::vector<at::Tensor> heads;
    for (int64_t h = 0; h < num_heads_; ++h) {
      const at::Tensor q = qkv.narrow(1, h * width, width);  // [N, D/h]
      const at::Tensor k = qkv.narrow(1, d + h * width, width);
      const at::Tensor v = qkv.narrow(1, 2 * d + h * width, width);
      const at::Tensor scores =
          (q.matmul(k.t()) / std::sqrt(static_cast<double>(width))).exp();
      const at::Tensor weights = scores / scores.sum(1, /*keepdim=*/true);
      heads.push_back(weights.matmul(v));
    }
    return Linear(at::cat(heads, 1), "attn.proj");
  }

  torch::OrderedDict<std::string, at::Tensor> parameters_;
  int64_t num_heads_;
};

BlockOptions Options(int64_t num_heads, double mlp_ratio) {
  BlockOptions options;
  options.embed_dim = 16;
  options.num_heads = num_heads;
  options.mlp_ratio = mlp_ratio;
  return options;
}

TEST(Block, EqualsTheSlowFormula) {
  for (const int64_t num_heads : {1, 2, 8}) {
    Block block(Options(num_heads, 4));
    FillNormal(block, 0.3, num_heads);
    for (const int64_t tokens : {1, 5, 17}) {
      // The norm's eps is a hundredth of the second input's variance.
      for (const double scale : {1.0, 0.01}) {
        const at::Tensor x = scale * Normal({2, tokens, 16}, tokens);
        const at::Tensor y = block.Forward(x, {});
        ASSERT_EQ(y.sizes(), x.sizes());
        EXPECT_TRUE(
            y.allclose(SlowBlock(block, num_heads).Forward(x), 0, 1e-12))
            << num_heads << " heads, " << tokens << " tokens, scale " << scale;
      }
    }
  }
}

TEST(Block, RoundsTheMlpsWidthDown) {
  Block block(Options(2, 2.6));  // 41.6
  EXPECT_EQ(
      ParameterShapes(block),
      (std::vector<std::string>{
          "attn.proj.bias [16]", "attn.proj.weight [16, 16]",
          "attn.qkv.bias [48]", "attn.qkv.weight [48, 16]", "mlp.fc1.bias [41]",
          "mlp.fc1.weight [41, 16]", "mlp.fc2.bias [16]",
          "mlp.fc2.weight [16, 41]", "norm1.bias [16]", "norm1.weight [16]",
          "norm2.bias [16]", "norm2.weight [16]"}));
  FillNormal(block, 0.3, 0);
  const at::Tensor x = Normal({1, 3, 16}, 1);
  EXPECT_TRUE(
      block.Forward(x, {}).allclose(SlowBlock(block, 2).Forward(x), 0, 1e-12));
}

TEST(Block, GradientIsTheDerivative) {
  Block block(Options(2, 2));
  FillNormal(block, 0.3, 0);
  const at::Tensor x = Normal({2, 5, 16}, 1).requires_grad_();
  const at::Tensor direction = Normal({2, 5, 16}, 2);
  std::map<std::string, at::Tensor> leaves = {{"x", x}};
  for (const auto& item : block.named_parameters()) {
    leaves[item.key()] = item.value();
  }
  ExpectGradients([&] { return (block.Forward(x, {}) * direction).sum(); },
                  leaves);
}

TEST(Block, ForwardFromIsTheRestOfForward) {
  for (const bool recompute : {false, true}) {
    BlockOptions options = Options(2, 2);
    options.recompute = recompute;
    Block block(options);
    FillNormal(block, 0.3, 0);
    const at::Tensor x = Normal({2, 5, 16}, 1);
    for (const int64_t first : {0, 1, 4}) {
      BlockRequest request;
      request.first = first;
      EXPECT_TRUE(
          block.Forward(x, request)
              .allclose(block.Forward(x, {}).slice(1, first), 0, 1e-12));
    }
  }
}

// Returns a request with which samples 0 to 3 keep both branches, the
// attention's, the MLP's and none.
BlockRequest DropPaths() {
  BlockRequest request;
  request.drop_path_uniforms =
      at::tensor({0.9, 0.9, 0.5, 0.1, 0.0, 0.4, 0.2, 0.3}, at::kDouble)
          .view({4, 2});
  return request;
}

TEST(Block, DropsBranchesOfSamples) {
  BlockOptions options = Options(2, 2);
  options.drop_path = 0.4;
  Block block(options);
  FillNormal(block, 0.3, 0);
  const at::Tensor x = Normal({4, 5, 16}, 1);
  const at::Tensor y = block.Forward(x, DropPaths());
  const SlowBlock slow(block, 2);
  for (int64_t b = 0; b < 4; ++b) {
    at::Tensor expected = x[b];  // [N, D]
    if (b < 2) expected = expected + slow.AttentionBranch(expected) / 0.6;
    if (b % 2 == 0) expected = expected + slow.MlpBranch(expected) / 0.6;
    EXPECT_TRUE(y[b].allclose(expected, 0, 1e-12)) << b;
  }
  EXPECT_TRUE(at::equal(y[3], x[3]));
  block.eval();
  EXPECT_TRUE(block.Forward(x, DropPaths())
                  .allclose(SlowBlock(block, 2).Forward(x), 0, 1e-12));
}

TEST(BlockDeathTest, WantsRandomNumbersToDropPaths) {
  BlockOptions options = Options(2, 2);
  options.drop_path = 0.4;
  const Block block(options);
  EXPECT_DEATH(block.Forward(Normal({4, 5, 16}, 1), {}),
               "needs random numbers");
}

// Returns loss and gradients of a block with drop path, by parameter.
std::map<std::string, at::Tensor> GradientsOf(bool recompute) {
  BlockOptions options = Options(2, 2);
  options.drop_path = 0.4;
  options.recompute = recompute;
  Block block(options);
  FillNormal(block, 0.3, 0);
  const at::Tensor x = Normal({4, 5, 16}, 1).requires_grad_();
  const at::Tensor loss =
      (block.Forward(x, DropPaths()) * Normal({4, 5, 16}, 2)).sum();
  loss.backward();
  std::map<std::string, at::Tensor> out = {{"loss", loss.detach()},
                                           {"x", x.grad()}};
  for (const auto& item : block.named_parameters()) {
    out[item.key()] = item.value().grad();
  }
  return out;
}

TEST(Block, RecomputingChangesNoBit) {
  const auto plain = GradientsOf(false), again = GradientsOf(true);
  for (const auto& [name, value] : plain) {
    EXPECT_TRUE(at::equal(value, again.at(name))) << name;
  }
}

TEST(Block, RecomputingWorksWithAutogradGradAndFrozenInputs) {
  BlockOptions options = Options(2, 2);
  options.recompute = true;
  Block block(options);
  FillNormal(block, 0.3, 0);
  block.named_parameters()["norm1.weight"].requires_grad_(false);
  const at::Tensor x = Normal({2, 5, 16}, 1);  // wants no gradient
  const at::Tensor bias = block.named_parameters()["mlp.fc2.bias"];
  const auto grads =
      torch::autograd::grad({block.Forward(x, {}).sum()}, {bias});
  EXPECT_TRUE(grads[0].allclose(at::full({16}, 10.0, at::kDouble), 0, 1e-12));
  EXPECT_FALSE(bias.grad().defined());
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(block.Forward(x, {}).requires_grad());
}

TEST(Block, GradientThroughDropPathIsTheDerivative) {
  BlockOptions options = Options(2, 2);
  options.drop_path = 0.4;
  options.recompute = true;
  Block block(options);
  FillNormal(block, 0.3, 0);
  const at::Tensor x = Normal({4, 5, 16}, 1).requires_grad_();
  const at::Tensor direction = Normal({4, 5, 16}, 2);
  std::map<std::string, at::Tensor> leaves = {{"x", x}};
  for (const auto& item : block.named_parameters()) {
    leaves[item.key()] = item.value();
  }
  ExpectGradients(
      [&] { return (block.Forward(x, DropPaths()) * direction).sum(); },
      leaves);
}

TEST(CrossBlock, GradientIsTheDerivative) {
  for (const bool recompute : {false, true}) {
    BlockOptions options = Options(2, 2);
    options.recompute = recompute;
    CrossBlock block(options);
    FillNormal(block, 0.3, 0);
    const at::Tensor x = Normal({2, 3, 16}, 1).requires_grad_();
    const at::Tensor memory = Normal({2, 5, 16}, 2).requires_grad_();
    const at::Tensor direction = Normal({2, 3, 16}, 3);
    std::map<std::string, at::Tensor> leaves = {{"x", x}, {"memory", memory}};
    for (const auto& item : block.named_parameters()) {
      leaves[item.key()] = item.value();
    }
    // The input is not a leaf: the tensor that it depends on receives the
    // gradient, once.
    ExpectGradients(
        [&] {
          BlockRequest request;
          request.memory = 2 * memory;
          return (block.Forward(x, request) * direction).sum();
        },
        leaves);
  }
}

TEST(CrossBlock, LaterTokensAloneAsk) {
  for (const bool recompute : {false, true}) {
    BlockOptions options = Options(2, 2);
    options.recompute = recompute;
    CrossBlock block(options);
    FillNormal(block, 0.3, 0);
    const at::Tensor x = Normal({2, 3, 16}, 1);
    BlockRequest request;
    request.memory = Normal({2, 5, 16}, 2);
    const at::Tensor all = block.Forward(x, request);
    request.first = 1;
    EXPECT_TRUE(block.Forward(x, request).allclose(all.slice(1, 1), 0, 1e-12));
  }
}

TEST(CrossBlockDeathTest, NeedsAMemory) {
  const CrossBlock block(Options(2, 2));
  EXPECT_DEATH(block.Forward(Normal({1, 2, 16}, 1), {}), "reads a memory");
}

}  // namespace
}  // namespace caldera::vit
