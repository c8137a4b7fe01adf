#include "vit/blocks/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

constexpr int64_t kDim = 16, kHeads = 2;

// Returns |a - b| / |b| in the 2-norm.
double RelativeDifference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor exact = b.detach().to(at::kDouble);
  return ((a.detach().to(at::kDouble) - exact).norm() / exact.norm())
      .item<double>();
}

class AttentionTest : public testing::Test {
 protected:
  AttentionTest() {
    FillNormal(attention_, 0.5, 0);
    FillNormal(norm_, 0.5, 5);
  }

  // Returns the attention's output, of the tokens from `first` on.
  at::Tensor Run(const at::Tensor& x, int64_t first = 0,
                 AttentionTap* tap = nullptr) const {
    AttentionRequest request;
    request.first = first;
    request.tap = tap;
    return attention_.AddTo(x, norm_, request).Sum();
  }

  // Returns queries (0), keys (1) or values (2) of one head of one sample: [N,
  // D/h].
  at::Tensor Part(int64_t part, int64_t sample, int64_t head) const {
    const auto p = attention_.named_parameters();
    const int64_t width = kDim / kHeads;
    const int64_t row = part * kDim + head * width;
    return at::linear(norm_.forward(x_)[sample],
                      p["qkv.weight"].narrow(0, row, width),
                      p["qkv.bias"].narrow(0, row, width));
  }

  Attention attention_{kDim, kHeads};
  LayerNorm norm_{kDim};
  const at::Tensor x_ = Normal({3, 5, kDim}, 1);
};

TEST_F(AttentionTest, TapsAreItsQueriesKeysAndWeights) {
  AttentionTap tap;
  tap.with_weights = true;
  Run(x_, 0, &tap);
  ASSERT_EQ(tap.weights.sizes(), (at::IntArrayRef{3, kHeads, 5, 5}));
  EXPECT_TRUE(tap.weights.sum(3).allclose(at::ones({3, kHeads, 5}, at::kDouble),
                                          0, 1e-14));
  for (int64_t b = 0; b < 3; ++b) {
    for (int64_t h = 0; h < kHeads; ++h) {
      const at::Tensor q = Part(0, b, h), k = Part(1, b, h);
      EXPECT_TRUE(tap.queries[b][h].allclose(q, 0, 1e-13));
      EXPECT_TRUE(tap.keys[b][h].allclose(k, 0, 1e-13));
      const at::Tensor scores =
          (q.matmul(k.t()) / std::sqrt(kDim / kHeads)).exp();
      EXPECT_TRUE(tap.weights[b][h].allclose(
          scores / scores.sum(1, /*keepdim=*/true), 0, 1e-13));
    }
  }
}

TEST_F(AttentionTest, QueriesAndKeysNeedNoWeights) {
  AttentionTap plain, full;
  full.with_weights = true;
  const at::Tensor fused = Run(x_, 0, &plain);
  Run(x_, 0, &full);
  EXPECT_FALSE(plain.weights.defined());
  EXPECT_TRUE(at::equal(plain.queries, full.queries));
  EXPECT_TRUE(at::equal(plain.keys, full.keys));
  EXPECT_TRUE(at::equal(fused, Run(x_)));
}

// 16-bit types take another path on a CPU.
TEST(Attend, BFloat16IsTheDoubleResultRounded) {
  std::vector<at::Tensor> rounded, exact;
  for (int i = 0; i < 3; ++i) {
    const at::Tensor x = Normal({3, 2, 7, 8}, i).to(at::kBFloat16);
    rounded.push_back(x.clone().set_requires_grad(true));
    exact.push_back(x.to(at::kDouble).set_requires_grad(true));
  }
  const at::Tensor y = Attend(rounded[0], rounded[1], rounded[2], nullptr);
  const at::Tensor expected = Attend(exact[0], exact[1], exact[2], nullptr);
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  EXPECT_LT(RelativeDifference(y, expected), 0.01);
  const at::Tensor up = Normal(y.sizes().vec(), 4);
  (y * up.to(at::kBFloat16)).sum().backward();
  (expected * up).sum().backward();
  for (int i = 0; i < 3; ++i) {
    EXPECT_LT(RelativeDifference(rounded[i].grad(), exact[i].grad()), 0.02)
        << i;
  }
}

TEST_F(AttentionTest, BothPathsAgree) {
  AttentionTap tap;
  tap.with_weights = true;
  EXPECT_TRUE(Run(x_, 0, &tap).allclose(Run(x_), 0, 1e-13));
  attention_.to(at::kFloat);
  norm_.to(at::kFloat);
  const at::Tensor x = x_.to(at::kFloat);
  EXPECT_TRUE(Run(x, 0, &tap).allclose(Run(x), 0, 1e-5));
  EXPECT_EQ(tap.weights.scalar_type(), at::kFloat);
}

TEST_F(AttentionTest, LaterTokensAloneAttendToAll) {
  for (const int64_t first : {1, 3, 4}) {
    EXPECT_TRUE(Run(x_, first).allclose(Run(x_).slice(1, first), 0, 1e-13));
  }
}

TEST_F(AttentionTest, GradientIsTheDerivativeOnBothPaths) {
  const at::Tensor x = x_.clone().requires_grad_();
  const at::Tensor direction = Normal({3, 4, kDim}, 2);
  for (const bool with_weights : {false, true}) {
    attention_.zero_grad();
    norm_.zero_grad();
    x.mutable_grad() = at::Tensor();
    std::map<std::string, at::Tensor> leaves = {{"x", x}};
    for (const auto& item : attention_.named_parameters()) {
      leaves[item.key()] = item.value();
    }
    leaves["norm.weight"] = norm_.weight;
    leaves["norm.bias"] = norm_.bias;
    ExpectGradients(
        [&] {
          AttentionTap tap;
          tap.with_weights = with_weights;
          return (Run(x, 1, &tap) * direction).sum();
        },
        leaves);
  }
}

TEST(Attention, HasABiasOnlyWhereAsked) {
  EXPECT_EQ(ParameterShapes(
                Attention(kDim, kHeads, AttentionOptions{/*qkv_bias=*/false})),
            (std::vector<std::string>{"proj.bias [16]", "proj.weight [16, 16]",
                                      "qkv.weight [48, 16]"}));
}

TEST_F(AttentionTest, CrossAttentionToItselfIsAttention) {
  CrossAttention cross(kDim, kHeads);
  cross.to(at::kDouble);
  const auto from = attention_.named_parameters();
  const auto to = cross.named_parameters();
  {
    const at::NoGradGuard no_grad;
    for (const std::string name : {"weight", "bias"}) {
      to["q." + name].copy_(from["qkv." + name].narrow(0, 0, kDim));
      to["kv." + name].copy_(from["qkv." + name].narrow(0, kDim, 2 * kDim));
      to["proj." + name].copy_(from["proj." + name]);
    }
  }
  EXPECT_TRUE(
      cross.AddTo(x_, norm_, norm_.forward(x_)).allclose(Run(x_), 0, 1e-13));
  // The lengths differ: each token alone is the query.
  const at::Tensor memory = Normal({3, 7, kDim}, 3);
  const at::Tensor all = cross.AddTo(x_, norm_, memory);
  ASSERT_EQ(all.sizes(), x_.sizes());
  EXPECT_TRUE(cross.AddTo(x_.narrow(1, 2, 1), norm_, memory)
                  .allclose(all.narrow(1, 2, 1), 0, 1e-13));
}

}  // namespace
}  // namespace caldera::vit
