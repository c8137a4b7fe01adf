// Compares both outputs with the modules that compute them, and checks their
// gradients.
#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/spec_fields.h"
#include "vit/blocks/block.h"
#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/decoders/decoder_testing.h"
#include "vit/decoders/parts/regressor.pb.h"
#include "vit/layer_norm.h"
#include "vit/module_testing.h"
#include "vit/ops/gather_rows.h"
#include "vit/position_embedding.h"

namespace caldera::vit {
namespace {

DecoderSpec TinySpec(int depth_of_regressor, int depth) {
  DecoderSpec spec = TinyDecoderSpec("REGRESSOR", true);
  spec.SetExtension(regressor_depth, depth_of_regressor);
  spec.set_depth(depth);
  return spec;
}

TEST(RegressorDecoder, HasADepthOfItsOwn) {
  DecoderSpec spec;
  ASSERT_TRUE(base::ParseSpec("kind: REGRESSOR regressor_depth: 2", &spec));
  EXPECT_EQ(spec.GetExtension(regressor_depth), 2);
  const auto plan = PlanDecoder(spec);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_TRUE((*plan)->gives_latents());
  EXPECT_TRUE((*plan)->removed_only());
  ASSERT_TRUE(base::ParseSpec("kind: REGRESSOR regressor_depth: 0", &spec));
  EXPECT_EQ(
      PlanDecoder(spec).status(),
      absl::InvalidArgumentError("regressor_depth: 0 is not in [1, 1024]"));
}

TEST(RegressorDecoder, EqualsItsParts) {
  const auto decoder = FilledDecoder(TinySpec(2, 1));
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
                 MaskedIds(TinyIdsRestore(), kVisible));
  BlockRequest request;
  request.memory = layer("decoder_embed", TinyLatent());
  at::Tensor x = p["mask_token"] + position;
  for (const char* name : {"regressor_blocks.0", "regressor_blocks.1"}) {
    x = dynamic_cast<CrossBlock&>(*modules[name]).Forward(x, request);
  }
  const at::Tensor latents =
      layer("regressor_latent", norm("regressor_norm", x));
  x = layer("decoder_embed", latents) + position;
  x = dynamic_cast<Block&>(*modules["decoder_blocks.0"]).Forward(x, {});
  const at::Tensor prediction = layer("decoder_pred", norm("decoder_norm", x));

  const Decoded out = decoder->Decode({TinyLatent(), TinyIdsRestore()});
  ASSERT_EQ(out.latents.sizes(),
            (at::IntArrayRef{2, kPatches - kVisible, kEncoderDim}));
  ASSERT_EQ(out.prediction.sizes(),
            (at::IntArrayRef{2, kPatches - kVisible, kTarget}));
  EXPECT_TRUE(out.latents.allclose(latents, 0, 1e-12));
  EXPECT_TRUE(out.prediction.allclose(prediction, 0, 1e-12));
  EXPECT_TRUE(out.removed_only);
}

TEST(RegressorDecoder, GradientsAreTheDerivatives) {
  for (const bool recompute : {false, true}) {
    DecoderSpec spec = TinySpec(1, 1);
    spec.set_checkpoint_blocks(recompute);
    spec.SetExtension(regressor_key_positions, recompute);
    const auto decoder = FilledDecoder(spec);
    const at::Tensor latent = TinyLatent().requires_grad_();
    std::map<std::string, at::Tensor> leaves = {{"latent", latent}};
    for (const auto& item : decoder->named_parameters()) {
      leaves[item.key()] = item.value();
    }
    const at::Tensor a = Normal({2, kPatches - kVisible, kTarget}, 2);
    const at::Tensor b = Normal({2, kPatches - kVisible, kEncoderDim}, 3);
    ExpectGradients(
        [&] {
          const Decoded out = decoder->Decode({latent, TinyIdsRestore()});
          return (out.prediction * a).sum() + (out.latents * b).sum();
        },
        leaves);
  }
}

// With key positions, a query attends to a visible patch by where it lies: the
// block is written out here with values that have none.
TEST(RegressorDecoder, KeysHavePositionsWhereAskedFor) {
  DecoderSpec spec = TinySpec(1, 1);
  spec.SetExtension(regressor_key_positions, true);
  const auto decoder = FilledDecoder(spec);
  const auto p = decoder->named_parameters();
  const auto layer = [&](const std::string& name, const at::Tensor& x) {
    return at::linear(x, p[name + ".weight"], p[name + ".bias"]);
  };
  const auto norm = [&](const std::string& name, const at::Tensor& x) {
    return at::layer_norm(x, {16}, p[name + ".weight"], p[name + ".bias"],
                          kLayerNormEps);
  };
  const at::Tensor table =
      SinCosPositionEmbedding(16, kGrid, 0).to(at::kDouble);  // [1, N, 16]
  const at::Tensor latent = TinyLatent(), restore = TinyIdsRestore();
  const int64_t b = latent.size(0), prefix = latent.size(1) - kVisible;
  const at::Tensor memory = layer("decoder_embed", latent);
  at::Tensor keyed = memory.clone();
  for (int64_t i = 0; i < b; ++i) {
    for (int64_t n = 0; n < kPatches; ++n) {
      const auto place = restore[i][n].item<int64_t>();
      if (place < kVisible) {
        keyed = keyed.index_put(
            {at::tensor({i}, at::kLong),
             at::tensor({prefix + place}, at::kLong)},
            (memory[i][prefix + place] + table[0][n]).unsqueeze(0));
      }
    }
  }
  const at::Tensor x =
      p["mask_token"] + GatherRows(table, MaskedIds(restore, kVisible));
  const std::string block = "regressor_blocks.0.";
  const int64_t heads = spec.num_heads(), each = 16 / heads;
  const auto split = [&](const at::Tensor& t) {  // [B, h, n, d]
    return t.reshape({b, -1, heads, each}).transpose(1, 2);
  };
  const at::Tensor q =
      split(layer(block + "cross_attn.q", norm(block + "norm1", x)));
  const at::Tensor k =
      split(layer(block + "cross_attn.kv", keyed).slice(2, 0, 16));
  const at::Tensor v =
      split(layer(block + "cross_attn.kv", memory).slice(2, 16));
  const at::Tensor mixed =
      (q.matmul(k.transpose(2, 3)) / std::sqrt(static_cast<double>(each)))
          .softmax(3)
          .matmul(v)
          .transpose(1, 2)
          .reshape({b, -1, 16});
  at::Tensor y = x + layer(block + "cross_attn.proj", mixed);
  y = y + layer(block + "mlp.fc2",
                at::gelu(layer(block + "mlp.fc1", norm(block + "norm2", y))));
  const at::Tensor expected =
      layer("regressor_latent", norm("regressor_norm", y));
  EXPECT_TRUE(
      decoder->Decode({latent, restore}).latents.allclose(expected, 0, 1e-12));
  spec.SetExtension(regressor_key_positions, false);
  EXPECT_FALSE(FilledDecoder(spec)
                   ->Decode({latent, restore})
                   .latents.allclose(expected, 0, 1e-6));
}

// An alignment of the latents does not train the second half.
TEST(RegressorDecoder, LatentsComeBeforeTheDecoder) {
  const auto decoder = FilledDecoder(TinySpec(1, 1));
  decoder->Decode({TinyLatent(), TinyIdsRestore()}).latents.sum().backward();
  for (const auto& item : decoder->named_parameters()) {
    const bool behind = item.key().rfind("decoder_blocks", 0) == 0 ||
                        item.key().rfind("decoder_norm", 0) == 0 ||
                        item.key().rfind("decoder_pred", 0) == 0;
    EXPECT_EQ(item.value().grad().defined(), !behind) << item.key();
  }
}

}  // namespace
}  // namespace caldera::vit
