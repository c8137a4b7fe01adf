// Compares both outputs with the modules that compute them, and checks their
// gradients.
#include "vit/decoders/regressor_decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "vit/decoders/make_decoder.h"
#include "vit/module_testing.h"
#include "vit/ops/gather_rows.h"
#include "vit/position_embedding.h"

namespace caldera::vit {
namespace {

constexpr int64_t kEncoderDim = 8, kPatches = 6, kVisible = 2, kTarget = 5;
const Grid kGrid{2, 3};

DecoderSpec TinySpec(int regressor_depth, int depth) {
  DecoderSpec spec;
  spec.set_kind(DecoderSpec::REGRESSOR);
  spec.set_embed_dim(16);
  spec.set_regressor_depth(regressor_depth);
  spec.set_depth(depth);
  spec.set_num_heads(2);
  spec.set_mlp_ratio(2);
  return spec;
}

std::shared_ptr<Decoder> Filled(const DecoderSpec& spec) {
  auto decoder = MakeDecoder(spec, {kEncoderDim, kGrid, kTarget, true});
  FillNormal(*decoder, 0.3, 0);
  return decoder;
}

// Patches 4 and 1 of the first image are visible, 0 and 5 of the second.
at::Tensor IdsRestore() {
  const at::Tensor shuffled =
      at::tensor({4, 1, 5, 0, 3, 2, 0, 5, 2, 4, 1, 3}, at::kLong)
          .view({2, kPatches});
  return at::argsort(shuffled, /*stable=*/true, /*dim=*/1);
}

at::Tensor Latent() { return Normal({2, 1 + kVisible, kEncoderDim}, 1); }

TEST(RegressorDecoder, EqualsItsParts) {
  const auto decoder = Filled(TinySpec(2, 1));
  ASSERT_TRUE(decoder->predicts_masked_only());
  const auto p = decoder->named_parameters();
  const auto modules = decoder->named_modules("", false);
  const auto layer = [&](const std::string& name, const at::Tensor& x) {
    return at::linear(x, p[name + ".weight"], p[name + ".bias"]);
  };
  const auto norm = [&](const std::string& name, const at::Tensor& x) {
    return at::layer_norm(x, {16}, p[name + ".weight"], p[name + ".bias"],
                          kLayerNormEps);
  };
  const at::Tensor position =
      GatherRows(SinCosPositionEmbedding(16, kGrid, 0).to(at::kDouble),
                 MaskedIds(IdsRestore(), kVisible));
  BlockRequest request;
  request.memory = layer("decoder_embed", Latent());
  at::Tensor x = p["mask_token"] + position;
  for (const char* name : {"regressor_blocks.0", "regressor_blocks.1"}) {
    x = dynamic_cast<CrossBlock&>(*modules[name]).Forward(x, request);
  }
  const at::Tensor latents =
      layer("regressor_latent", norm("regressor_norm", x));
  x = layer("decoder_embed", latents) + position;
  x = dynamic_cast<Block&>(*modules["decoder_blocks.0"]).Forward(x, {});
  const at::Tensor prediction = layer("decoder_pred", norm("decoder_norm", x));

  const Decoded out = decoder->Decode(Latent(), IdsRestore());
  ASSERT_EQ(out.latents.sizes(),
            (at::IntArrayRef{2, kPatches - kVisible, kEncoderDim}));
  ASSERT_EQ(out.prediction.sizes(),
            (at::IntArrayRef{2, kPatches - kVisible, kTarget}));
  EXPECT_TRUE(out.latents.allclose(latents, 0, 1e-12));
  EXPECT_TRUE(out.prediction.allclose(prediction, 0, 1e-12));
  EXPECT_TRUE(decoder->forward(Latent(), IdsRestore()).equal(out.prediction));
}

TEST(RegressorDecoder, GradientsAreTheDerivatives) {
  for (const bool recompute : {false, true}) {
    DecoderSpec spec = TinySpec(1, 1);
    spec.set_checkpoint_blocks(recompute);
    const auto decoder = Filled(spec);
    const at::Tensor latent = Latent().requires_grad_();
    std::map<std::string, at::Tensor> leaves = {{"latent", latent}};
    for (const auto& item : decoder->named_parameters()) {
      leaves[item.key()] = item.value();
    }
    const at::Tensor a = Normal({2, kPatches - kVisible, kTarget}, 2);
    const at::Tensor b = Normal({2, kPatches - kVisible, kEncoderDim}, 3);
    ExpectGradients(
        [&] {
          const Decoded out = decoder->Decode(latent, IdsRestore());
          return (out.prediction * a).sum() + (out.latents * b).sum();
        },
        leaves);
  }
}

// An alignment of the latents does not train the second half.
TEST(RegressorDecoder, LatentsComeBeforeTheDecoder) {
  const auto decoder = Filled(TinySpec(1, 1));
  decoder->Decode(Latent(), IdsRestore()).latents.sum().backward();
  for (const auto& item : decoder->named_parameters()) {
    const bool behind = item.key().rfind("decoder_blocks", 0) == 0 ||
                        item.key().rfind("decoder_norm", 0) == 0 ||
                        item.key().rfind("decoder_pred", 0) == 0;
    EXPECT_EQ(item.value().grad().defined(), !behind) << item.key();
  }
}

}  // namespace
}  // namespace caldera::vit
