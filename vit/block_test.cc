#include "vit/block.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <cmath>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

// The block once more, one sample and one head at a time, from its weights.
class SlowBlock {
 public:
  SlowBlock(const Block& block, int64_t num_heads)
      : parameters_(block.named_parameters()), num_heads_(num_heads) {}

  at::Tensor Forward(const at::Tensor& x) const {
    std::vector<at::Tensor> out;
    for (int64_t b = 0; b < x.size(0); ++b) {
      at::Tensor y = x[b];  // [N, D]
      y = y + Attend(Norm(y, "norm1"));
      const at::Tensor hidden = Linear(Norm(y, "norm2"), "mlp.fc1");
      const at::Tensor gelu =
          0.5 * hidden * (1 + at::erf(hidden / std::sqrt(2.0)));
      out.push_back(y + Linear(gelu, "mlp.fc2"));
    }
    return at::stack(out);
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
      // Of the second input's variance the norm's eps is a hundredth.
      for (const double scale : {1.0, 0.01}) {
        const at::Tensor x = scale * Normal({2, tokens, 16}, tokens);
        const at::Tensor y = block.forward(x);
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
      block.forward(x).allclose(SlowBlock(block, 2).Forward(x), 0, 1e-12));
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
  ExpectGradients([&] { return (block.forward(x) * direction).sum(); }, leaves);
}

}  // namespace
}  // namespace caldera::vit
