#include "vit/model/encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vit/blocks/block.h"
#include "vit/model/filled_encoder_testing.h"
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

// Returns the rows of the CLS token and of the patches `ids` among all tokens.
at::Tensor KeyPlaces(const at::Tensor& ids) {
  return at::cat({at::zeros({ids.size(0), 1}, at::kLong), ids + 1}, 1);
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
  // The reference embeds all patches, adds positions, and only then picks rows.
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
  x = GetBlock("blocks.0").Forward(x, {});
  x = GetBlock("blocks.1").Forward(x, {});
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
      at::equal(GetBlock("blocks.1").Forward(out.taps[1], {}), out.taps[0]));
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

// Returns the encoder of `spec` with random weights, in double.
TEST_F(EncoderTest, WithoutAClassTokenThereArePatchesOnly) {
  EncoderSpec spec = TinySpec();
  spec.set_class_token(false);
  spec.set_depth(1);
  const auto encoder = FilledEncoder(spec);
  EXPECT_EQ(encoder->num_prefix_tokens(), 0);
  EXPECT_EQ(encoder->named_parameters().find("cls_token"), nullptr);
  EXPECT_EQ(BufferShapes(*encoder),
            (std::vector<std::string>{"pos_embed [1, 9, 16]"}));
  auto& embed = dynamic_cast<PatchEmbed&>(
      *encoder->named_modules("", false)["patch_embed"]);
  const at::Tensor pos =
      SinCosPositionEmbedding(kDim, {3, 3}, 0).to(at::kDouble);
  const at::Tensor expected =
      dynamic_cast<Block&>(*encoder->named_modules("", false)["blocks.0"])
          .Forward(embed.forward(images_, {}) + pos, {});
  const EncoderOutput out = encoder->forward(images_, {}, {0});
  EXPECT_TRUE(out.taps[0].allclose(expected, 0, 1e-12));
  EXPECT_EQ(encoder->forward(images_, ids_).tokens.sizes(),
            (at::IntArrayRef{2, 4, kDim}));
}

TEST_F(EncoderTest, WithoutPositionsPermutedPatchesArePermutedTokens) {
  EncoderSpec spec = TinySpec();
  spec.set_position_embedding(EncoderSpec::NONE);
  const auto encoder = FilledEncoder(spec);
  EXPECT_TRUE(BufferShapes(*encoder).empty());
  EXPECT_EQ(encoder->named_parameters().find("pos_embed"), nullptr);
  at::Tensor swapped = images_.clone();  // the first two patches
  swapped.narrow(2, 0, 4).narrow(3, 0, 4) =
      images_.narrow(2, 0, 4).narrow(3, 4, 4);
  swapped.narrow(2, 0, 4).narrow(3, 4, 4) =
      images_.narrow(2, 0, 4).narrow(3, 0, 4);
  const at::Tensor order =
      at::tensor({0, 2, 1, 3, 4, 5, 6, 7, 8, 9}, at::kLong);
  EXPECT_TRUE(encoder->forward(swapped).tokens.allclose(
      encoder->forward(images_).tokens.index_select(1, order), 0, 1e-12));
  EXPECT_FALSE(encoder_.forward(swapped).tokens.allclose(
      encoder_.forward(images_).tokens.index_select(1, order), 0, 1e-3));
}

TEST_F(EncoderTest, ALearnedPositionIsAParameter) {
  EncoderSpec spec = TinySpec();
  spec.set_position_embedding(EncoderSpec::LEARNED);
  const auto encoder = FilledEncoder(spec);
  EXPECT_TRUE(BufferShapes(*encoder).empty());
  const at::Tensor pos = encoder->named_parameters()["pos_embed"];
  ASSERT_EQ(pos.sizes(), (at::IntArrayRef{1, 10, kDim}));
  // With the values of the fixed embedding it computes the same.
  {
    const at::NoGradGuard no_grad;
    pos.copy_(encoder_.named_buffers()["pos_embed"]);
    for (const auto& item : encoder_.named_parameters()) {
      encoder->named_parameters()[item.key()].copy_(item.value());
    }
  }
  EXPECT_TRUE(at::equal(encoder->forward(images_, ids_).tokens,
                        encoder_.forward(images_, ids_).tokens));
}

TEST_F(EncoderTest, TakesImagesOfOtherSizes) {
  const at::Tensor images = Normal({2, 2, 8, 20}, 3);  // a 2 x 5 grid
  auto& embed = dynamic_cast<PatchEmbed&>(
      *encoder_.named_modules("", false)["patch_embed"]);
  const at::Tensor pos = InterpolatePositionEmbedding(
      encoder_.named_buffers()["pos_embed"], 1, {3, 3}, {2, 5});
  const at::Tensor patches =
      embed.forward(images, {}) + pos.slice(1, 1);  // [B, 10, D]
  const at::Tensor cls =
      (encoder_.named_parameters()["cls_token"] + pos.slice(1, 0, 1))
          .expand({2, -1, -1});
  const EncoderOutput out = encoder_.forward(images, {}, {0});
  EXPECT_TRUE(out.taps[0].allclose(
      GetBlock("blocks.0").Forward(at::cat({cls, patches}, 1), {}), 0, 1e-12));
}

// Patches outside the context are queries, but not keys.
TEST_F(EncoderTest, OnlyTheContextAnswers) {
  EncoderRequest request;
  request.ids_context = at::tensor({8, 2, 4, 6}, at::kLong).view({2, 2});
  request.attention_taps = {1};
  const EncoderOutput out = encoder_.forward(images_, request);
  ASSERT_EQ(out.tokens.sizes(), (at::IntArrayRef{2, 1 + kPatches, kDim}));
  EXPECT_EQ(out.attention[0].sizes(), (at::IntArrayRef{2, 2, 10, 3}));
  at::Tensor changed = images_.clone();
  // Patch 6, bottom left, is in the second sample's context only.
  changed.narrow(2, 8, 4).narrow(3, 0, 4).fill_(3);
  const at::Tensor other = encoder_.forward(changed, request).tokens;
  for (int64_t token = 0; token < 10; ++token) {
    EXPECT_EQ(other[0][token].allclose(out.tokens[0][token], 0, 1e-12),
              token != 7);
    EXPECT_FALSE(other[1][token].allclose(out.tokens[1][token], 0, 1e-6));
  }
  // A context of all patches is the same as no context.
  request.ids_context = at::arange(kPatches).expand({2, kPatches});
  EXPECT_TRUE(encoder_.forward(images_, request)
                  .tokens.allclose(encoder_.forward(images_).tokens, 0, 1e-12));
}

// Computes attention with an explicit mask, from the block's queries and keys.
TEST_F(EncoderTest, TheContextIsAMaskOfTheAttention) {
  EncoderRequest whole, context;
  whole.query_key_taps = {0};
  context.attention_taps = {0};
  context.ids_context = at::tensor({8, 2, 4, 6}, at::kLong).view({2, 2});
  const QueriesAndKeys full =
      encoder_.forward(images_, whole).queries_and_keys[0];
  const at::Tensor scores =  // [B, h, N, N]
      (full.queries.matmul(full.keys.transpose(2, 3)) / std::sqrt(8.0)).exp();
  const at::Tensor keys = KeyPlaces(*context.ids_context);  // [B, 3]
  const at::Tensor kept =
      scores.gather(3, keys.view({2, 1, 1, 3}).expand({2, 2, 10, 3}));
  EXPECT_TRUE(encoder_.forward(images_, context)
                  .attention[0]
                  .allclose(kept / kept.sum(3, true), 0, 1e-12));
}

TEST_F(EncoderTest, TapsOfAttentionAreThoseOfTheBlocks) {
  EncoderRequest request;
  request.ids_keep = ids_;
  request.taps = {0};
  request.query_key_taps = {1, 0};
  request.attention_taps = {1};
  const EncoderOutput out = encoder_.forward(images_, request);
  ASSERT_EQ(out.queries_and_keys.size(), 2);
  ASSERT_EQ(out.attention.size(), 1);
  AttentionTap tap;
  tap.with_weights = true;
  BlockRequest tapped;
  tapped.tap = &tap;
  const at::Tensor last = GetBlock("blocks.1").Forward(out.taps[0], tapped);
  EXPECT_TRUE(at::equal(out.tokens, Norm(last)));
  EXPECT_TRUE(at::equal(out.attention[0], tap.weights));
  EXPECT_TRUE(at::equal(out.queries_and_keys[0].queries, tap.queries));
  EXPECT_TRUE(at::equal(out.queries_and_keys[0].keys, tap.keys));
  EXPECT_EQ(out.queries_and_keys[1].keys.sizes(),
            (at::IntArrayRef{2, 2, 5, kDim / 2}));
  EXPECT_TRUE(
      out.tokens.allclose(encoder_.forward(images_, ids_).tokens, 0, 1e-12));
}

TEST_F(EncoderTest, DropPathRisesOverTheBlocks) {
  EncoderSpec spec = TinySpec();
  spec.set_depth(3);
  spec.set_drop_path(0.5);  // 0, 0.25, 0.5
  const auto encoder = FilledEncoder(spec);
  EncoderRequest request;
  request.taps = {0, 1, 2};
  // 0.3 is below the last block's rate only, and 0 never drops in the first.
  request.drop_path_uniforms = at::tensor({0.0, 0.0, 0.3, 0.3, 0.3, 0.3,   //
                                           0.9, 0.9, 0.2, 0.2, 0.9, 0.9},  //
                                          at::kDouble)
                                   .view({2, 3, 2});
  const EncoderOutput out = encoder->forward(images_, request);
  for (const auto& [sample, dropped] :
       std::vector<std::pair<int64_t, int64_t>>{{0, 2}, {1, 1}}) {
    for (int64_t block = 1; block < 3; ++block) {
      EXPECT_EQ(at::equal(out.taps[block][sample], out.taps[block - 1][sample]),
                block == dropped)
          << sample << ", block " << block;
    }
  }
  spec.set_drop_path(0);
  encoder->eval();
  EXPECT_TRUE(at::equal(encoder->forward(images_, request).tokens,
                        FilledEncoder(spec)->forward(images_, request).tokens));
}

TEST_F(EncoderTest, CheckpointedBlocksGiveTheSameGradients) {
  EncoderSpec spec = TinySpec();
  spec.set_drop_path(0.5);
  EncoderRequest request;
  request.ids_keep = ids_;
  request.taps = {0};
  request.drop_path_uniforms =
      at::tensor({0.9, 0.9, 0.7, 0.2, 0.1, 0.9, 0.4, 0.6}, at::kDouble)
          .view({2, 2, 2});
  const auto gradients = [&](bool checkpoint_blocks) {
    spec.set_checkpoint_blocks(checkpoint_blocks);
    const auto encoder = FilledEncoder(spec);
    const EncoderOutput out = encoder->forward(images_, request);
    (out.tokens.pow(3).sum() + out.taps[0].pow(2).sum()).backward();
    std::vector<at::Tensor> grads;
    for (const at::Tensor& p : encoder->parameters()) grads.push_back(p.grad());
    return grads;
  };
  const auto plain = gradients(false), again = gradients(true);
  ASSERT_EQ(plain.size(), again.size());
  for (size_t i = 0; i < plain.size(); ++i) {
    // The gradients of a tapped block are added in another order.
    EXPECT_TRUE(plain[i].allclose(again[i], 1e-12, 1e-14)) << i;
  }
}

TEST_F(EncoderTest, GradientIsTheDerivativeWithEveryOption) {
  EncoderSpec spec = TinySpec();
  spec.set_position_embedding(EncoderSpec::LEARNED);
  spec.set_drop_path(0.5);
  spec.set_checkpoint_blocks(true);
  spec.set_mlp_ratio(2);
  const auto encoder = FilledEncoder(spec);
  EncoderRequest request;
  request.ids_keep = ids_;
  request.taps = {0};
  request.drop_path_uniforms =
      at::tensor({0.9, 0.9, 0.7, 0.2, 0.1, 0.9, 0.4, 0.6}, at::kDouble)
          .view({2, 2, 2});
  const at::Tensor direction = Normal({2, 5, kDim}, 2);
  ExpectGradients(
      [&] {
        const EncoderOutput out = encoder->forward(images_, request);
        return ((out.tokens + out.taps[0]) * direction).sum();
      },
      Leaves(*encoder));
}

TEST(Encoder, LeavesOutWhatTheSpecTurnsOff) {
  EncoderSpec spec = TinySpec();
  spec.set_qkv_bias(false);
  spec.set_final_norm(false);
  const auto encoder = FilledEncoder(spec);
  const auto names = encoder->named_parameters();
  EXPECT_EQ(names.find("blocks.0.attn.qkv.bias"), nullptr);
  EXPECT_EQ(names.find("norm.weight"), nullptr);
  EXPECT_EQ(names.size(), 29 - 2 - 2);
  const EncoderOutput out =
      encoder->forward(Normal({1, 2, 12, 12}, 1), {}, {1});
  EXPECT_TRUE(at::equal(out.tokens, out.taps[0]));
}

TEST(EncoderDeathTest, WantsWholePatches) {
  const auto encoder = FilledEncoder(TinySpec());
  EXPECT_DEATH(encoder->forward(Normal({1, 2, 12, 13}, 1)), "do not divide");
}

}  // namespace
}  // namespace caldera::vit
