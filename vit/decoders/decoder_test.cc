// Tests the properties common to all decoders, and the two small decoders.
#include "vit/decoders/decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vit/blocks/block.h"
#include "vit/decoders/make_decoder.h"
#include "vit/module_testing.h"
#include "vit/ops/gather_rows.h"
#include "vit/position_embedding.h"

namespace caldera::vit {
namespace {

constexpr int64_t kEncoderDim = 8, kPatches = 6, kVisible = 2, kTarget = 5;
const Grid kGrid{2, 3};

DecoderSpec TinySpec(DecoderSpec::Kind kind, bool masked_only) {
  DecoderSpec spec;
  spec.set_kind(kind);
  spec.set_embed_dim(16);
  spec.set_depth(2);
  spec.set_num_heads(2);
  spec.set_mlp_ratio(2);
  spec.set_masked_only(masked_only);
  return spec;
}

std::shared_ptr<Decoder> Filled(const DecoderSpec& spec,
                                bool class_token = true) {
  auto decoder = MakeDecoder(spec, {kEncoderDim, kGrid, kTarget, class_token});
  FillNormal(*decoder, 0.3, 0);
  return decoder;
}

// Patches 4 and 1 of the first image are visible, 0 and 5 of the second.
at::Tensor IdsShuffled() {
  return at::tensor({4, 1, 5, 0, 3, 2, 0, 5, 2, 4, 1, 3}, at::kLong)
      .view({2, kPatches});
}

// Returns the inverse of each row's permutation.
at::Tensor Inverse(const at::Tensor& ids) {
  return at::argsort(ids, /*stable=*/true, /*dim=*/1);
}

at::Tensor IdsRestore() { return Inverse(IdsShuffled()); }

TEST(MaskedIds, AreTheRestOfTheShuffledPatches) {
  EXPECT_TRUE(at::equal(IdsShuffle(IdsRestore()), IdsShuffled()));
  EXPECT_TRUE(at::equal(MaskedIds(IdsRestore(), kVisible),
                        IdsShuffled().slice(1, kVisible)));
}

// Returns the loss on the removed patches and its gradients by name, those of a
// decoder and of the latents.
std::map<std::string, at::Tensor> LossAndGradients(const DecoderSpec& spec,
                                                   bool class_token) {
  const auto decoder = Filled(spec, class_token);
  const at::Tensor latent =
      Normal({2, kVisible + (class_token ? 1 : 0), kEncoderDim}, 1)
          .requires_grad_();
  const at::Tensor target = Normal({2, kPatches, kTarget}, 2);
  const at::Tensor ids = MaskedIds(IdsRestore(), kVisible);
  at::Tensor prediction =
      decoder->forward(latent, IdsRestore(),
                       spec.kind() == DecoderSpec::SELF_CROSS_ATTENTION
                           ? Normal({2, 3, kEncoderDim}, 3)
                           : at::Tensor());
  if (!decoder->predicts_masked_only()) {
    EXPECT_EQ(prediction.size(1), kPatches);
    prediction = GatherRows(prediction, ids);
  }
  EXPECT_EQ(prediction.size(1), kPatches - kVisible);
  const at::Tensor loss = (prediction - GatherRows(target, ids)).pow(2).mean();
  loss.backward();
  std::map<std::string, at::Tensor> out = {{"loss", loss.detach()},
                                           {"latent", latent.grad()}};
  for (const auto& item : decoder->named_parameters()) {
    out[item.key()] = item.value().grad();
  }
  return out;
}

TEST(Decoder, MaskedOnlyGivesTheSameLossAndGradients) {
  for (const auto kind :
       {DecoderSpec::TRANSFORMER, DecoderSpec::LINEAR,
        DecoderSpec::SELF_CROSS_ATTENTION, DecoderSpec::CRATE}) {
    for (const bool class_token : {true, false}) {
      DecoderSpec spec = TinySpec(kind, false);
      const auto all = LossAndGradients(spec, class_token);
      for (const bool recompute : {false, true}) {
        spec.set_masked_only(true);
        spec.set_checkpoint_blocks(recompute);
        const auto masked = LossAndGradients(spec, class_token);
        ASSERT_EQ(all.size(), masked.size());
        for (const auto& [name, value] : all) {
          ASSERT_TRUE(value.defined() && masked.at(name).defined()) << name;
          EXPECT_TRUE(value.allclose(masked.at(name), 1e-10, 1e-14))
              << DecoderSpec::Kind_Name(kind) << " " << name;
        }
      }
    }
  }
}

TEST(Decoder, GradientIsTheDerivative) {
  for (const auto kind :
       {DecoderSpec::TRANSFORMER, DecoderSpec::LINEAR,
        DecoderSpec::CROSS_ATTENTION, DecoderSpec::SELF_CROSS_ATTENTION,
        DecoderSpec::CRATE}) {
    for (const bool masked_only : {false, true}) {
      SCOPED_TRACE(DecoderSpec::Kind_Name(kind));
      DecoderSpec spec = TinySpec(kind, masked_only);
      spec.set_depth(1);
      const auto decoder = Filled(spec);
      const at::Tensor latent =
          Normal({2, 1 + kVisible, kEncoderDim}, 1).requires_grad_();
      std::map<std::string, at::Tensor> leaves = {{"latent", latent}};
      at::Tensor memory;
      if (kind == DecoderSpec::SELF_CROSS_ATTENTION) {
        memory = leaves["memory"] =
            Normal({2, 3, kEncoderDim}, 4).requires_grad_();
      }
      for (const auto& item : decoder->named_parameters()) {
        leaves[item.key()] = item.value();
      }
      const int64_t rows =
          decoder->predicts_masked_only() ? kPatches - kVisible : kPatches;
      const at::Tensor direction = Normal({2, rows, kTarget}, 2);
      ExpectGradients(
          [&] {
            return (decoder->forward(latent, IdsRestore(), memory) * direction)
                .sum();
          },
          leaves);
    }
  }
}

// With latents of all patches, every patch is visible and none is removed.
TEST(Decoder, EveryPatchIsNoneRemoved) {
  for (const auto kind :
       {DecoderSpec::TRANSFORMER, DecoderSpec::LINEAR, DecoderSpec::CRATE}) {
    for (const bool class_token : {true, false}) {
      SCOPED_TRACE(DecoderSpec::Kind_Name(kind));
      const auto whole =
          MakeDecoder(TinySpec(kind, true),
                      {kEncoderDim, kGrid, kTarget, class_token, true});
      whole->to(at::kDouble);
      const auto masked = Filled(TinySpec(kind, false), class_token);
      const auto p = masked->named_parameters();
      for (auto& item : whole->named_parameters()) {
        EXPECT_NE(item.key(), "mask_token");
        item.value().set_data(p[item.key()]);
      }
      EXPECT_FALSE(whole->predicts_masked_only());
      const at::Tensor latent =
          Normal({2, kPatches + (class_token ? 1 : 0), kEncoderDim}, 1);
      const at::Tensor in_order = at::arange(kPatches).expand({2, kPatches});
      const at::Tensor expected = masked->forward(latent, in_order);
      EXPECT_TRUE(whole->forward(latent, {}).allclose(expected, 0, 1e-12));
      EXPECT_TRUE(whole->PredictEveryPatch(latent, {}, {})
                      .allclose(expected, 0, 1e-12));
    }
  }
}

TEST(LinearDecoder, IsOneMatrix) {
  for (const bool class_token : {true, false}) {
    const int64_t prefix = class_token ? 1 : 0;
    const auto decoder =
        Filled(TinySpec(DecoderSpec::LINEAR, false), class_token);
    const auto p = decoder->named_parameters();
    ASSERT_EQ(p.size(), 3);
    const at::Tensor latent = Normal({2, prefix + kVisible, kEncoderDim}, 1);
    const at::Tensor pos =
        SinCosPositionEmbedding(kEncoderDim, kGrid, 0).to(at::kDouble)[0];
    std::vector<at::Tensor> images;
    for (int64_t b = 0; b < 2; ++b) {
      std::vector<at::Tensor> rows;
      for (int64_t n = 0; n < kPatches; ++n) {
        const auto place = IdsRestore()[b][n].item<int64_t>();
        rows.push_back(place < kVisible ? latent[b][prefix + place]
                                        : latent[b].mean(0) +
                                              p["mask_token"][0][0] + pos[n]);
      }
      images.push_back(at::stack(rows));
    }
    const at::Tensor expected = at::linear(
        at::stack(images), p["decoder_pred.weight"], p["decoder_pred.bias"]);
    EXPECT_TRUE(
        decoder->forward(latent, IdsRestore()).allclose(expected, 0, 1e-12));
  }
}

class CrossAttentionDecoderTest : public testing::Test {
 protected:
  const std::shared_ptr<Decoder> decoder_ =
      Filled(TinySpec(DecoderSpec::CROSS_ATTENTION, false));
  const at::Tensor latent_ = Normal({2, 1 + kVisible, kEncoderDim}, 1);
};

TEST_F(CrossAttentionDecoderTest, EqualsItsParts) {
  ASSERT_TRUE(decoder_->predicts_masked_only());
  const auto p = decoder_->named_parameters();
  BlockRequest request;
  request.memory =
      at::linear(latent_, p["decoder_embed.weight"], p["decoder_embed.bias"]);
  const at::Tensor pos = SinCosPositionEmbedding(16, kGrid, 0).to(at::kDouble);
  at::Tensor x =
      p["mask_token"] + GatherRows(pos, MaskedIds(IdsRestore(), kVisible));
  for (const char* name : {"decoder_blocks.0", "decoder_blocks.1"}) {
    x = dynamic_cast<CrossBlock&>(*decoder_->named_modules("", false)[name])
            .Forward(x, request);
  }
  x = at::layer_norm(x, {16}, p["decoder_norm.weight"], p["decoder_norm.bias"],
                     kLayerNormEps);
  const at::Tensor expected =
      at::linear(x, p["decoder_pred.weight"], p["decoder_pred.bias"]);
  const at::Tensor prediction = decoder_->forward(latent_, IdsRestore());
  ASSERT_EQ(prediction.sizes(),
            (at::IntArrayRef{2, kPatches - kVisible, kTarget}));
  EXPECT_TRUE(prediction.allclose(expected, 0, 1e-12));
}

TEST_F(CrossAttentionDecoderTest, MaskedPatchesDoNotSeeEachOther) {
  // In the second image the places of the last two removed patches are swapped:
  // each prediction follows its place.
  const at::Tensor swapped = IdsShuffled().clone();
  swapped[1][4] = 3;
  swapped[1][5] = 1;
  const at::Tensor a = decoder_->forward(latent_, IdsRestore());
  const at::Tensor b = decoder_->forward(latent_, Inverse(swapped));
  EXPECT_TRUE(a[1][2].allclose(b[1][3], 0, 1e-12));
  EXPECT_TRUE(a[1].slice(0, 0, 2).allclose(b[1].slice(0, 0, 2), 0, 1e-12));
  EXPECT_FALSE(a[1][2].allclose(b[1][2], 0, 1e-3));
}

TEST_F(CrossAttentionDecoderTest, AMemoryTakesTheLatentsPlace) {
  const at::Tensor memory = Normal({2, 7, kEncoderDim}, 3);
  const at::Tensor prediction =
      decoder_->forward(latent_, IdsRestore(), memory);
  EXPECT_TRUE(at::equal(prediction,
                        decoder_->forward(2 * latent_, IdsRestore(), memory)));
  EXPECT_FALSE(
      prediction.allclose(decoder_->forward(latent_, IdsRestore()), 0, 1e-3));
  EXPECT_TRUE(at::equal(decoder_->forward(latent_, IdsRestore(), latent_),
                        decoder_->forward(latent_, IdsRestore())));
}

TEST(SelfCrossAttentionDecoder, ReadsLatentsAndMemory) {
  const auto decoder =
      Filled(TinySpec(DecoderSpec::SELF_CROSS_ATTENTION, false));
  const at::Tensor latent = Normal({2, 1 + kVisible, kEncoderDim}, 1);
  const at::Tensor memory = Normal({2, 7, kEncoderDim}, 3);
  const auto predict = [&](const at::Tensor& from, const at::Tensor& beside) {
    return decoder->forward(from, IdsRestore(), beside);
  };
  const at::Tensor prediction = predict(latent, memory);
  EXPECT_FALSE(prediction.allclose(predict(2 * latent, memory), 0, 1e-3));
  EXPECT_FALSE(prediction.allclose(predict(latent, 2 * memory), 0, 1e-3));
  EXPECT_TRUE(prediction.equal(
      decoder->PredictEveryPatch(latent, IdsRestore(), memory)));
}

TEST(DecoderDeathTest, OnlyCrossAttentionReadsAMemory) {
  const at::Tensor latent = Normal({2, 1 + kVisible, kEncoderDim}, 1);
  for (const auto kind :
       {DecoderSpec::TRANSFORMER, DecoderSpec::LINEAR, DecoderSpec::CRATE}) {
    const auto decoder = Filled(TinySpec(kind, false));
    EXPECT_DEATH(decoder->forward(latent, IdsRestore(), latent),
                 "reads no memory");
  }
}

}  // namespace
}  // namespace caldera::vit
