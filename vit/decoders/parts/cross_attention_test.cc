// Compares the decoder with the modules that compute it, and tests what its
// tokens see.
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <gtest/gtest.h>

#include <memory>

#include "vit/blocks/block.h"
#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_testing.h"
#include "vit/layer_norm.h"
#include "vit/module_testing.h"
#include "vit/ops/gather_rows.h"
#include "vit/position_embedding.h"

namespace caldera::vit {
namespace {

class CrossAttentionDecoderTest : public testing::Test {
 protected:
  const std::shared_ptr<Decoder> decoder_ =
      FilledDecoder(TinyDecoderSpec("CROSS_ATTENTION", false));
  const at::Tensor latent_ = TinyLatent();
};

TEST_F(CrossAttentionDecoderTest, EqualsItsParts) {
  const auto p = decoder_->named_parameters();
  BlockRequest request;
  request.memory =
      at::linear(latent_, p["decoder_embed.weight"], p["decoder_embed.bias"]);
  const at::Tensor pos = SinCosPositionEmbedding(16, kGrid, 0).to(at::kDouble);
  at::Tensor x =
      p["mask_token"] + GatherRows(pos, MaskedIds(TinyIdsRestore(), kVisible));
  for (const char* name : {"decoder_blocks.0", "decoder_blocks.1"}) {
    x = dynamic_cast<CrossBlock&>(*decoder_->named_modules("", false)[name])
            .Forward(x, request);
  }
  x = at::layer_norm(x, {16}, p["decoder_norm.weight"], p["decoder_norm.bias"],
                     kLayerNormEps);
  const at::Tensor expected =
      at::linear(x, p["decoder_pred.weight"], p["decoder_pred.bias"]);
  const Decoded decoded = decoder_->Decode({latent_, TinyIdsRestore()});
  ASSERT_TRUE(decoded.removed_only);
  const at::Tensor& prediction = decoded.prediction;
  ASSERT_EQ(prediction.sizes(),
            (at::IntArrayRef{2, kPatches - kVisible, kTarget}));
  EXPECT_TRUE(prediction.allclose(expected, 0, 1e-12));
}

TEST_F(CrossAttentionDecoderTest, MaskedPatchesDoNotSeeEachOther) {
  // In the second image the places of the last two removed patches are swapped:
  // each prediction follows its place.
  const at::Tensor swapped = TinyIdsShuffled().clone();
  swapped[1][4] = 3;
  swapped[1][5] = 1;
  const at::Tensor a = decoder_->Decode({latent_, TinyIdsRestore()}).prediction;
  const at::Tensor b =
      decoder_->Decode({latent_, InversePermutation(swapped)}).prediction;
  EXPECT_TRUE(a[1][2].allclose(b[1][3], 0, 1e-12));
  EXPECT_TRUE(a[1].slice(0, 0, 2).allclose(b[1].slice(0, 0, 2), 0, 1e-12));
  EXPECT_FALSE(a[1][2].allclose(b[1][2], 0, 1e-3));
}

TEST_F(CrossAttentionDecoderTest, AMemoryTakesTheLatentsPlace) {
  const at::Tensor memory = Normal({2, 7, kEncoderDim}, 3);
  const at::Tensor prediction =
      decoder_->Decode({latent_, TinyIdsRestore(), memory}).prediction;
  EXPECT_TRUE(at::equal(
      prediction,
      decoder_->Decode({2 * latent_, TinyIdsRestore(), memory}).prediction));
  EXPECT_FALSE(prediction.allclose(
      decoder_->Decode({latent_, TinyIdsRestore()}).prediction, 0, 1e-3));
  EXPECT_TRUE(at::equal(
      decoder_->Decode({latent_, TinyIdsRestore(), latent_}).prediction,
      decoder_->Decode({latent_, TinyIdsRestore()}).prediction));
}

}  // namespace
}  // namespace caldera::vit
