// Compares MAE's decoder with the modules that compute it and with the official
// sizes.
#include <ATen/TensorOperators.h>
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
#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/layer_norm.h"
#include "vit/module_testing.h"
#include "vit/position_embedding.h"

namespace caldera::vit {
namespace {

// The decoder predicts four patches of five numbers each, from latents of width
// 8.
std::shared_ptr<Decoder> TinyDecoder() {
  DecoderSpec spec;
  spec.set_embed_dim(16);
  spec.set_depth(1);
  spec.set_num_heads(2);
  spec.set_mlp_ratio(2);
  spec.set_masked_only(false);  // all patches
  auto decoder = PlanDecoder(spec).value()->Build({/*encoder_dim=*/8,
                                                   {2, 2},
                                                   /*target_dim=*/5,
                                                   /*class_token=*/true});
  FillNormal(*decoder, 0.3, 0);
  return decoder;
}

// Two patches of each sample are visible: 2 and 0, 3 and 1.
at::Tensor IdsRestore() {
  return at::tensor({1, 3, 0, 2, 2, 1, 3, 0}, at::kLong).view({2, 4});
}

TEST(TransformerDecoder, PutsMaskTokensWherePatchesWereRemoved) {
  const auto decoder = TinyDecoder();
  const auto p = decoder->named_parameters();
  const at::Tensor latent = Normal({2, 3, 8}, 1), ids_restore = IdsRestore();
  const at::Tensor tokens =
      at::linear(latent, p["decoder_embed.weight"], p["decoder_embed.bias"]);
  std::vector<at::Tensor> samples;
  for (int b = 0; b < 2; ++b) {
    std::vector<at::Tensor> rows = {tokens[b][0]};
    for (int n = 0; n < 4; ++n) {
      const auto place = ids_restore[b][n].item<int64_t>();
      rows.push_back(place < 2 ? tokens[b][1 + place] : p["mask_token"][0][0]);
    }
    samples.push_back(at::stack(rows));
  }
  at::Tensor x = at::stack(samples) +  // [B, 1 + N, Dd]
                 SinCosPositionEmbedding(16, {2, 2}, 1).to(at::kDouble);
  x = dynamic_cast<Block&>(
          *decoder->named_modules("", false)["decoder_blocks.0"])
          .Forward(x, {});
  x = at::layer_norm(x, {16}, p["decoder_norm.weight"], p["decoder_norm.bias"],
                     kLayerNormEps);
  const at::Tensor expected =
      at::linear(x, p["decoder_pred.weight"], p["decoder_pred.bias"])
          .narrow(1, 1, 4);
  const at::Tensor prediction =
      decoder->Decode({latent, ids_restore}).prediction;
  ASSERT_EQ(prediction.sizes(), (at::IntArrayRef{2, 4, 5}));
  EXPECT_TRUE(prediction.allclose(expected, 0, 1e-12));
}

TEST(TransformerDecoder, GradientIsTheDerivative) {
  const auto decoder = TinyDecoder();
  const at::Tensor latent = Normal({2, 3, 8}, 1).requires_grad_();
  const at::Tensor direction = Normal({2, 4, 5}, 2), ids_restore = IdsRestore();
  std::map<std::string, at::Tensor> leaves = {{"latent", latent}};
  for (const auto& item : decoder->named_parameters()) {
    leaves[item.key()] = item.value();
  }
  ExpectGradients(
      [&] {
        return (decoder->Decode({latent, ids_restore}).prediction * direction)
            .sum();
      },
      leaves);
}

TEST(TransformerDecoder, HasTheOfficialNames) {
  const auto decoder = TinyDecoder();
  EXPECT_EQ(ParameterShapes(*decoder),
            (std::vector<std::string>{
                "decoder_blocks.0.attn.proj.bias [16]",
                "decoder_blocks.0.attn.proj.weight [16, 16]",
                "decoder_blocks.0.attn.qkv.bias [48]",
                "decoder_blocks.0.attn.qkv.weight [48, 16]",
                "decoder_blocks.0.mlp.fc1.bias [32]",
                "decoder_blocks.0.mlp.fc1.weight [32, 16]",
                "decoder_blocks.0.mlp.fc2.bias [16]",
                "decoder_blocks.0.mlp.fc2.weight [16, 32]",
                "decoder_blocks.0.norm1.bias [16]",
                "decoder_blocks.0.norm1.weight [16]",
                "decoder_blocks.0.norm2.bias [16]",
                "decoder_blocks.0.norm2.weight [16]",
                "decoder_embed.bias [16]",
                "decoder_embed.weight [16, 8]",
                "decoder_norm.bias [16]",
                "decoder_norm.weight [16]",
                "decoder_pred.bias [5]",
                "decoder_pred.weight [5, 16]",
                "mask_token [1, 1, 16]",
            }));
  EXPECT_EQ(BufferShapes(*decoder),
            (std::vector<std::string>{"decoder_pos_embed [1, 5, 16]"}));
}

// Together with ViT-B/16's 85,798,656 (encoder_test.cc) these are the 111.9 M
// of MAE-B, which count both position embeddings.
TEST(TransformerDecoder, TheDecoderOfMaeBHasThePublishedSize) {
  const auto decoder = PlanDecoder(DecoderSpec())
                           .value()
                           ->Build({768, {14, 14}, 16 * 16 * 3, true});
  int64_t trained = 0, fixed = 0;
  for (const at::Tensor& p : decoder->parameters()) trained += p.numel();
  for (const at::Tensor& b : decoder->buffers()) fixed += b.numel();
  EXPECT_EQ(trained, 26'008'320);
  EXPECT_EQ(trained + fixed, 111'907'840 - 85'798'656);
}

}  // namespace
}  // namespace caldera::vit
