#include "vit/blocks/self_cross_block.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

constexpr int64_t kDim = 8, kHeads = 2;

BlockOptions Options(bool recompute = false) {
  BlockOptions options;
  options.embed_dim = kDim;
  options.num_heads = kHeads;
  options.mlp_ratio = 2;
  options.recompute = recompute;
  return options;
}

// Computes the block again, one sample and one head at a time, from its
// weights.
class SlowBlock {
 public:
  explicit SlowBlock(const SelfCrossBlock& block)
      : p_(block.named_parameters()) {}

  at::Tensor Forward(const at::Tensor& x, const at::Tensor& memory) const {
    std::vector<at::Tensor> out;
    for (int64_t b = 0; b < x.size(0); ++b) {
      at::Tensor y = x[b];  // [N, D]
      const at::Tensor kv = Linear(memory[b], "cross_attn.kv");
      y = y + Linear(Attend(Linear(Norm(y, "norm1"), "cross_attn.q"),
                            kv.narrow(1, 0, kDim), kv.narrow(1, kDim, kDim)),
                     "cross_attn.proj");
      const at::Tensor qkv = Linear(Norm(y, "norm2"), "attn.qkv");
      y = y + Linear(Attend(qkv.narrow(1, 0, kDim), qkv.narrow(1, kDim, kDim),
                            qkv.narrow(1, 2 * kDim, kDim)),
                     "attn.proj");
      out.push_back(
          y + Linear(at::gelu(Linear(Norm(y, "norm3"), "mlp.fc1")), "mlp.fc2"));
    }
    return at::stack(out);
  }

 private:
  at::Tensor Linear(const at::Tensor& x, const std::string& name) const {
    return at::linear(x, p_[name + ".weight"], p_[name + ".bias"]);
  }
  at::Tensor Norm(const at::Tensor& x, const std::string& name) const {
    return at::layer_norm(x, {kDim}, p_[name + ".weight"], p_[name + ".bias"],
                          kLayerNormEps);
  }
  static at::Tensor Attend(const at::Tensor& q, const at::Tensor& k,
                           const at::Tensor& v) {
    const int64_t width = kDim / kHeads;
    std::vector<at::Tensor> heads;
    for (int64_t h = 0; h < kHeads; ++h) {
      const auto head = [&](const at::Tensor& t) {
        return t.narrow(1, h * width, width);
      };
      heads.push_back(
          at::softmax(head(q).matmul(head(k).t()) / std::sqrt(width), 1)
              .matmul(head(v)));
    }
    return at::cat(heads, 1);
  }

  torch::OrderedDict<std::string, at::Tensor> p_;
};

TEST(SelfCrossBlock, EqualsTheSlowOne) {
  for (const bool recompute : {false, true}) {
    SelfCrossBlock block(Options(recompute));
    FillNormal(block, 0.4, 0);
    const at::Tensor x = Normal({2, 5, kDim}, 1);
    BlockRequest request;
    request.memory = Normal({2, 3, kDim}, 2);
    const at::Tensor expected = SlowBlock(block).Forward(x, request.memory);
    EXPECT_TRUE(block.Forward(x, request).allclose(expected, 0, 1e-12));
    request.first = 3;
    EXPECT_TRUE(
        block.Forward(x, request).allclose(expected.slice(1, 3), 0, 1e-12));
  }
}

TEST(SelfCrossBlock, GradientIsTheDerivative) {
  for (const bool recompute : {false, true}) {
    SelfCrossBlock block(Options(recompute));
    FillNormal(block, 0.4, 0);
    at::Tensor x = Normal({2, 4, kDim}, 1).requires_grad_();
    at::Tensor memory = Normal({2, 3, kDim}, 2).requires_grad_();
    std::map<std::string, at::Tensor> leaves = {{"x", x}, {"memory", memory}};
    for (const auto& item : block.named_parameters()) {
      leaves[item.key()] = item.value();
    }
    const at::Tensor direction = Normal({2, 4, kDim}, 3);
    BlockRequest request;
    request.memory = memory;
    ExpectGradients(
        [&] { return (block.Forward(x, request) * direction).sum(); }, leaves);
  }
}

TEST(SelfCrossBlockDeathTest, NeedsAMemory) {
  SelfCrossBlock block(Options());
  FillNormal(block, 0.4, 0);
  EXPECT_DEATH(block.Forward(Normal({1, 2, kDim}, 1), {}), "reads a memory");
}

}  // namespace
}  // namespace caldera::vit
