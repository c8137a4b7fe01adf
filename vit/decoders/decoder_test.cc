// Tests the properties common to all decoders.
#include "vit/decoders/decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "vit/decoders/decoder_plan.h"
#include "vit/decoders/decoder_testing.h"
#include "vit/module_testing.h"
#include "vit/ops/gather_rows.h"

namespace caldera::vit {
namespace {

TEST(MaskedIds, AreTheRestOfTheShuffledPatches) {
  EXPECT_TRUE(at::equal(IdsShuffle(TinyIdsRestore()), TinyIdsShuffled()));
  EXPECT_TRUE(at::equal(MaskedIds(TinyIdsRestore(), kVisible),
                        TinyIdsShuffled().slice(1, kVisible)));
}

// Returns the loss on the removed patches and its gradients by name, those of a
// decoder and of the latents.
std::map<std::string, at::Tensor> LossAndGradients(const DecoderSpec& spec,
                                                   bool class_token) {
  const auto decoder = FilledDecoder(spec, class_token);
  const at::Tensor latent =
      Normal({2, kVisible + (class_token ? 1 : 0), kEncoderDim}, 1)
          .requires_grad_();
  const at::Tensor target = Normal({2, kPatches, kTarget}, 2);
  const at::Tensor ids = MaskedIds(TinyIdsRestore(), kVisible);
  const Decoded decoded = decoder->Decode({latent, TinyIdsRestore(),
                                           spec.kind() == "SELF_CROSS_ATTENTION"
                                               ? Normal({2, 3, kEncoderDim}, 3)
                                               : at::Tensor()});
  at::Tensor prediction = decoded.prediction;
  if (!decoded.removed_only) {
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
  for (const std::string kind :
       {"TRANSFORMER", "LINEAR", "SELF_CROSS_ATTENTION", "CRATE"}) {
    for (const bool class_token : {true, false}) {
      DecoderSpec spec = TinyDecoderSpec(kind, false);
      const auto all = LossAndGradients(spec, class_token);
      for (const bool recompute : {false, true}) {
        spec.set_masked_only(true);
        spec.set_checkpoint_blocks(recompute);
        const auto masked = LossAndGradients(spec, class_token);
        ASSERT_EQ(all.size(), masked.size());
        for (const auto& [name, value] : all) {
          ASSERT_TRUE(value.defined() && masked.at(name).defined()) << name;
          EXPECT_TRUE(value.allclose(masked.at(name), 1e-10, 1e-14))
              << kind << " " << name;
        }
      }
    }
  }
}

TEST(Decoder, GradientIsTheDerivative) {
  for (const std::string kind : {"TRANSFORMER", "LINEAR", "CROSS_ATTENTION",
                                 "SELF_CROSS_ATTENTION", "CRATE"}) {
    for (const bool masked_only : {false, true}) {
      SCOPED_TRACE(kind);
      DecoderSpec spec = TinyDecoderSpec(kind, masked_only);
      spec.set_depth(1);
      const auto decoder = FilledDecoder(spec);
      const at::Tensor latent = TinyLatent().requires_grad_();
      std::map<std::string, at::Tensor> leaves = {{"latent", latent}};
      at::Tensor memory;
      if (kind == "SELF_CROSS_ATTENTION") {
        memory = leaves["memory"] =
            Normal({2, 3, kEncoderDim}, 4).requires_grad_();
      }
      for (const auto& item : decoder->named_parameters()) {
        leaves[item.key()] = item.value();
      }
      const DecoderInput input = {latent, TinyIdsRestore(), memory};
      const at::Tensor direction =
          Normal(decoder->Decode(input).prediction.sizes(), 2);
      ExpectGradients(
          [&] { return (decoder->Decode(input).prediction * direction).sum(); },
          leaves);
    }
  }
}

// For pictures the decoders of visible tokens predict every patch, whatever
// training needs; the others say that they do not.
TEST(Decoder, PredictsEveryPatchIfItIsAsked) {
  for (const std::string kind :
       {"TRANSFORMER", "SELF_CROSS_ATTENTION", "CRATE"}) {
    SCOPED_TRACE(kind);
    const at::Tensor memory = kind == "SELF_CROSS_ATTENTION"
                                  ? Normal({2, 3, kEncoderDim}, 3)
                                  : at::Tensor();
    const DecoderInput input = {TinyLatent(), TinyIdsRestore(), memory,
                                /*every_patch=*/true};
    const Decoded all =
        FilledDecoder(TinyDecoderSpec(kind, false))->Decode(input);
    const Decoded asked =
        FilledDecoder(TinyDecoderSpec(kind, true))->Decode(input);
    EXPECT_FALSE(all.removed_only);
    EXPECT_FALSE(asked.removed_only);
    EXPECT_TRUE(asked.prediction.equal(all.prediction));
  }
  for (const std::string kind : {"LINEAR", "CROSS_ATTENTION", "REGRESSOR"}) {
    SCOPED_TRACE(kind);
    EXPECT_TRUE(FilledDecoder(TinyDecoderSpec(kind, true))
                    ->Decode({TinyLatent(), TinyIdsRestore(), {}, true})
                    .removed_only);
  }
}

// With latents of all patches, every patch is visible and none is removed.
TEST(Decoder, EveryPatchIsNoneRemoved) {
  for (const std::string kind : {"TRANSFORMER", "LINEAR", "CRATE"}) {
    for (const bool class_token : {true, false}) {
      SCOPED_TRACE(kind);
      const auto whole =
          PlanDecoder(TinyDecoderSpec(kind, true))
              .value()
              ->Build({kEncoderDim, kGrid, kTarget, class_token, true});
      whole->to(at::kDouble);
      const auto masked =
          FilledDecoder(TinyDecoderSpec(kind, false), class_token);
      const auto p = masked->named_parameters();
      for (auto& item : whole->named_parameters()) {
        EXPECT_NE(item.key(), "mask_token");
        item.value().set_data(p[item.key()]);
      }
      const at::Tensor latent =
          Normal({2, kPatches + (class_token ? 1 : 0), kEncoderDim}, 1);
      const at::Tensor in_order = at::arange(kPatches).expand({2, kPatches});
      const at::Tensor expected = masked->Decode({latent, in_order}).prediction;
      for (const bool every_patch : {false, true}) {
        const Decoded decoded = whole->Decode({latent, {}, {}, every_patch});
        EXPECT_FALSE(decoded.removed_only);
        EXPECT_TRUE(decoded.prediction.allclose(expected, 0, 1e-12));
      }
    }
  }
}

TEST(DecoderDeathTest, OnlyCrossAttentionReadsAMemory) {
  const at::Tensor latent = TinyLatent();
  for (const std::string kind : {"TRANSFORMER", "LINEAR", "CRATE"}) {
    const auto decoder = FilledDecoder(TinyDecoderSpec(kind, false));
    EXPECT_DEATH(decoder->Decode({latent, TinyIdsRestore(), latent}),
                 "reads no memory");
  }
}

}  // namespace
}  // namespace caldera::vit
