#include "vit/encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "vit/module_testing.h"
#include "vit/position_embedding.h"

namespace caldera::vit {
namespace {

constexpr int kDim = 16;
constexpr int kPatches = 9;

EncoderSpec TinySpec() {
  EncoderSpec spec;
  spec.set_image_size(12);
  spec.set_patch_size(4);
  spec.set_channels(2);
  spec.set_embed_dim(kDim);
  spec.set_depth(2);
  spec.set_num_heads(2);
  return spec;
}

class EncoderTest : public testing::Test {
 protected:
  EncoderTest() { FillNormal(encoder_, 0.3, 0); }

  at::Tensor Norm(const at::Tensor& x) {
    const auto parameters = encoder_.named_parameters();
    return at::layer_norm(x, {kDim}, parameters["norm.weight"],
                          parameters["norm.bias"], kLayerNormEps);
  }

  Block& GetBlock(const std::string& name) {
    return dynamic_cast<Block&>(*encoder_.named_modules("", false)[name]);
  }

  Encoder encoder_{TinySpec()};
  const at::Tensor images_ = Normal({2, 2, 12, 12}, 1);
  const at::Tensor ids_ =
      at::tensor({7, 0, 3, 4, 2, 8, 1, 5}, at::kLong).view({2, 4});
};

TEST_F(EncoderTest, EqualsItsParts) {
  // Embed everything, add positions, and only then pick rows.
  auto& embed = dynamic_cast<PatchEmbed&>(
      *encoder_.named_modules("", false)["patch_embed"]);
  const at::Tensor pos =
      SinCosPositionEmbedding(kDim, {3, 3}, 1).to(at::kDouble);
  const at::Tensor all = embed.forward(images_, {}) + pos.narrow(1, 1, 9);
  const at::Tensor cls =
      encoder_.named_parameters()["cls_token"][0] + pos[0].narrow(0, 0, 1);
  std::vector<at::Tensor> samples;
  for (int b = 0; b < 2; ++b) {
    std::vector<at::Tensor> rows = {cls};  // [1, D] each
    for (int i = 0; i < 4; ++i) {
      rows.push_back(all[b].narrow(0, ids_[b][i].item<int64_t>(), 1));
    }
    samples.push_back(at::cat(rows));
  }
  at::Tensor x = at::stack(samples);  // [B, 1 + Nv, D]
  x = GetBlock("blocks.0").forward(x);
  x = GetBlock("blocks.1").forward(x);
  const at::Tensor tokens = encoder_.forward(images_, ids_).tokens;
  ASSERT_EQ(tokens.sizes(), (at::IntArrayRef{2, 5, kDim}));
  EXPECT_TRUE(tokens.allclose(Norm(x), 0, 1e-12));
}

TEST_F(EncoderTest, KeepingEveryPatchInOrderIsTheFullForward) {
  const at::Tensor identity = at::arange(kPatches).expand({2, kPatches});
  const at::Tensor tokens = encoder_.forward(images_).tokens;
  ASSERT_EQ(tokens.sizes(), (at::IntArrayRef{2, 1 + kPatches, kDim}));
  EXPECT_TRUE(at::equal(tokens, encoder_.forward(images_, identity).tokens));
}

TEST_F(EncoderTest, PermutedIdsPermuteTheTokens) {
  const at::Tensor order = at::tensor({2, 0, 3, 1}, at::kLong);
  const at::Tensor tokens = encoder_.forward(images_, ids_).tokens;
  const at::Tensor permuted =
      encoder_.forward(images_, ids_.index_select(1, order)).tokens;
  EXPECT_TRUE(permuted.select(1, 0).allclose(tokens.select(1, 0), 0, 1e-12));
  EXPECT_TRUE(permuted.slice(1, 1).allclose(
      tokens.slice(1, 1).index_select(1, order), 0, 1e-12));
  EXPECT_FALSE(permuted.allclose(tokens, 0, 1e-3));
}

TEST_F(EncoderTest, RemovedPatchesHaveNoInfluence) {
  at::Tensor changed = images_.clone();
  // Patch 6 (bottom left) is kept in neither sample, patch 7 in the first.
  changed.narrow(2, 8, 4).narrow(3, 0, 4).fill_(1e6);
  const at::Tensor tokens = encoder_.forward(images_, ids_).tokens;
  EXPECT_TRUE(at::equal(encoder_.forward(changed, ids_).tokens, tokens));
  changed.narrow(2, 8, 4).narrow(3, 4, 4).fill_(1e6);
  const at::Tensor other = encoder_.forward(changed, ids_).tokens;
  EXPECT_FALSE(other[0].allclose(tokens[0], 0, 1e-3));
  EXPECT_TRUE(at::equal(other[1], tokens[1]));
}

TEST_F(EncoderTest, TapsAreTheBlocksOutputsBeforeTheNorm) {
  const EncoderOutput out = encoder_.forward(images_, ids_, {1, 0, 1});
  ASSERT_EQ(out.taps.size(), 3);
  EXPECT_TRUE(at::equal(out.taps[0], out.taps[2]));
  EXPECT_TRUE(
      at::equal(GetBlock("blocks.1").forward(out.taps[1]), out.taps[0]));
  EXPECT_TRUE(at::equal(Norm(out.taps[0]), out.tokens));
  const EncoderOutput none = encoder_.forward(images_, ids_);
  EXPECT_TRUE(none.taps.empty());
  EXPECT_TRUE(at::equal(none.tokens, out.tokens));
}

TEST(Encoder, HasTheOfficialNames) {
  const Encoder encoder(TinySpec());
  EXPECT_EQ(ParameterShapes(encoder), (std::vector<std::string>{
                                          "blocks.0.attn.proj.bias [16]",
                                          "blocks.0.attn.proj.weight [16, 16]",
                                          "blocks.0.attn.qkv.bias [48]",
                                          "blocks.0.attn.qkv.weight [48, 16]",
                                          "blocks.0.mlp.fc1.bias [64]",
                                          "blocks.0.mlp.fc1.weight [64, 16]",
                                          "blocks.0.mlp.fc2.bias [16]",
                                          "blocks.0.mlp.fc2.weight [16, 64]",
                                          "blocks.0.norm1.bias [16]",
                                          "blocks.0.norm1.weight [16]",
                                          "blocks.0.norm2.bias [16]",
                                          "blocks.0.norm2.weight [16]",
                                          "blocks.1.attn.proj.bias [16]",
                                          "blocks.1.attn.proj.weight [16, 16]",
                                          "blocks.1.attn.qkv.bias [48]",
                                          "blocks.1.attn.qkv.weight [48, 16]",
                                          "blocks.1.mlp.fc1.bias [64]",
                                          "blocks.1.mlp.fc1.weight [64, 16]",
                                          "blocks.1.mlp.fc2.bias [16]",
                                          "blocks.1.mlp.fc2.weight [16, 64]",
                                          "blocks.1.norm1.bias [16]",
                                          "blocks.1.norm1.weight [16]",
                                          "blocks.1.norm2.bias [16]",
                                          "blocks.1.norm2.weight [16]",
                                          "cls_token [1, 1, 16]",
                                          "norm.bias [16]",
                                          "norm.weight [16]",
                                          "patch_embed.proj.bias [16]",
                                          "patch_embed.proj.weight "
                                          "[16, 2, 4, 4]",
                                      }));
  EXPECT_EQ(BufferShapes(encoder),
            (std::vector<std::string>{"pos_embed [1, 10, 16]"}));
}

// The published 85,798,656 counts the position embedding, as timm does.
TEST(Encoder, VitB16HasThePublishedSize) {
  const Encoder encoder{EncoderSpec()};
  int64_t trained = 0, fixed = 0;
  for (const at::Tensor& p : encoder.parameters()) trained += p.numel();
  for (const at::Tensor& b : encoder.buffers()) fixed += b.numel();
  EXPECT_EQ(trained, 85'647'360);
  EXPECT_EQ(trained + fixed, 85'798'656);
}

}  // namespace
}  // namespace caldera::vit
