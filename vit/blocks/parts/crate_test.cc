#include "vit/blocks/parts/crate.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/spec_fields.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/model/validate_encoder.h"
#include "vit/module_testing.h"

namespace caldera::vit {
namespace {

using Parameters = torch::OrderedDict<std::string, at::Tensor>;

CrateOptions Options(bool recompute = false) {
  CrateOptions options;
  options.embed_dim = 8;
  options.num_heads = 2;
  options.step_size = 0.3;
  options.sparsity = 0.7;
  options.recompute = recompute;
  return options;
}

at::Tensor Norm(const at::Tensor& x, const Parameters& p,
                const std::string& part) {
  return at::layer_norm(x, {8}, p["layers.0." + part + ".norm.weight"],
                        p["layers.0." + part + ".norm.bias"], 1e-5);
}

// Computes the attention of one sample [N, D], head by head: each token attends
// to tokens `keys`.
at::Tensor Attention(const at::Tensor& x, const Parameters& p,
                     const std::string& part, const at::Tensor& keys) {
  const std::string fn = "layers.0." + part + ".fn.";
  const at::Tensor w = at::linear(x, p[fn + "qkv.weight"]);  // [N, D]
  std::vector<at::Tensor> heads;
  for (int h = 0; h < 2; ++h) {
    const at::Tensor q = w.narrow(1, 4 * h, 4);
    const at::Tensor k = q.index_select(0, keys);
    heads.push_back(at::softmax(q.matmul(k.t()) / 2, 1).matmul(k));
  }
  return at::linear(at::cat(heads, 1), p[fn + "to_out.0.weight"],
                    p[fn + "to_out.0.bias"]);
}

// Computes the authors' formula, with D^T x and D^T D x separately.
at::Tensor SlowEncoderBlock(const at::Tensor& x, const Parameters& p,
                            const at::Tensor& keys) {
  const at::Tensor d = p["layers.0.1.fn.weight"];
  std::vector<at::Tensor> out;
  for (int b = 0; b < x.size(0); ++b) {
    const at::Tensor y = x[b] + Attention(Norm(x[b], p, "0"), p, "0", keys[b]);
    const at::Tensor n = Norm(y, p, "1");
    const at::Tensor dx = n.matmul(d.t()), dtdx = dx.matmul(d),
                     dtx = n.matmul(d);
    out.push_back(at::relu(n + 0.3 * (dtx - dtdx) - 0.3 * 0.7));
  }
  return at::stack(out);
}

at::Tensor SlowDecoderBlock(const at::Tensor& x, const Parameters& p) {
  std::vector<at::Tensor> out;
  for (int b = 0; b < x.size(0); ++b) {
    const at::Tensor z =
        Norm(x[b], p, "0").matmul(p["layers.0.0.fn.weight"].t());
    out.push_back(z - Attention(Norm(z, p, "1"), p, "1",
                                at::tensor({0, 1, 2, 3, 4}, at::kLong)));
  }
  return at::stack(out);
}

TEST(CrateBlock, IsTheAuthorsFormula) {
  for (const bool recompute : {false, true}) {
    const auto block = MakeCrateBlock(Options(recompute));
    FillNormal(*block, 0.4, 0);
    const at::Tensor x = Normal({2, 5, 8}, 1);
    const at::Tensor all =
        at::tensor({0, 1, 2, 3, 4}, at::kLong).expand({2, 5});
    const at::Tensor out = block->Forward(x, {});
    EXPECT_TRUE(out.allclose(
        SlowEncoderBlock(x, block->named_parameters(), all), 0, 1e-12));
    EXPECT_GT((out == 0).sum().item<int64_t>(), 0);  // sparse

    BlockRequest request;
    request.key_ids = at::tensor({0, 3, 0, 2}, at::kLong).view({2, 2});
    EXPECT_TRUE(block->Forward(x, request)
                    .allclose(SlowEncoderBlock(x, block->named_parameters(),
                                               request.key_ids),
                              0, 1e-12));
    request.first = 2;
    const at::Tensor rest = block->Forward(x, request);
    request.first = 0;
    EXPECT_TRUE(
        rest.allclose(block->Forward(x, request).slice(1, 2), 0, 1e-12));
  }
}

TEST(CrateDecoderBlock, IsTheAuthorsFormula) {
  for (const bool recompute : {false, true}) {
    const auto block = MakeCrateDecoderBlock(Options(recompute));
    FillNormal(*block, 0.4, 0);
    const at::Tensor x = Normal({2, 5, 8}, 1);
    const at::Tensor out = block->Forward(x, {});
    EXPECT_TRUE(
        out.allclose(SlowDecoderBlock(x, block->named_parameters()), 0, 1e-12));
    BlockRequest request;
    request.first = 3;
    EXPECT_TRUE(block->Forward(x, request).equal(out.slice(1, 3)));
  }
}

void ExpectDerivative(const std::shared_ptr<TokenBlock>& block) {
  FillNormal(*block, 0.4, 0);
  at::Tensor x = Normal({2, 5, 8}, 1).requires_grad_();
  std::map<std::string, at::Tensor> leaves = {{"x", x}};
  for (const auto& item : block->named_parameters()) {
    leaves[item.key()] = item.value();
  }
  const at::Tensor direction = Normal({2, 5, 8}, 2);
  ExpectGradients([&] { return (block->Forward(x, {}) * direction).sum(); },
                  leaves);
}

TEST(CrateBlock, GradientIsTheDerivative) {
  for (const bool recompute : {false, true}) {
    ExpectDerivative(MakeCrateBlock(Options(recompute)));
    ExpectDerivative(MakeCrateDecoderBlock(Options(recompute)));
  }
}

EncoderSpec TinyEncoder() {
  EncoderSpec spec;
  spec.set_image_size(12);
  spec.set_patch_size(4);
  spec.set_channels(2);
  spec.set_embed_dim(16);
  spec.set_depth(1);
  spec.set_num_heads(2);
  spec.set_block("CRATE");
  return spec;
}

TEST(CrateBlock, HasTheOfficialNamesInAnEncoder) {
  EXPECT_EQ(ParameterShapes(Encoder(TinyEncoder())),
            (std::vector<std::string>{
                "blocks.0.layers.0.0.fn.qkv.weight [16, 16]",
                "blocks.0.layers.0.0.fn.to_out.0.bias [16]",
                "blocks.0.layers.0.0.fn.to_out.0.weight [16, 16]",
                "blocks.0.layers.0.0.norm.bias [16]",
                "blocks.0.layers.0.0.norm.weight [16]",
                "blocks.0.layers.0.1.fn.weight [16, 16]",
                "blocks.0.layers.0.1.norm.bias [16]",
                "blocks.0.layers.0.1.norm.weight [16]",
                "cls_token [1, 1, 16]",
                "norm.bias [16]",
                "norm.weight [16]",
                "patch_embed.proj.bias [16]",
                "patch_embed.proj.weight [16, 2, 4, 4]",
            }));
}

// Counts parameters as the paper does, with position embeddings.
int64_t NumParameters(const std::string& block, const std::string& kind,
                      int decoder_depth) {
  EncoderSpec encoder;
  encoder.set_block(block);
  DecoderSpec decoder;
  decoder.set_kind(kind);
  decoder.set_embed_dim(768);
  decoder.set_depth(decoder_depth);
  int64_t count = 0;
  const Encoder encoder_module(encoder);
  const auto decoder_module =
      PlanDecoder(decoder).value()->Build({768, {14, 14}, 16 * 16 * 3, true});
  for (const torch::nn::Module* module :
       {static_cast<const torch::nn::Module*>(&encoder_module),
        static_cast<const torch::nn::Module*>(decoder_module.get())}) {
    for (const at::Tensor& p : module->parameters()) count += p.numel();
    for (const at::Tensor& b : module->buffers()) count += b.numel();
  }
  return count;
}

// In the paper CRATE-MAE-Base has 44.6 million, and ViT-MAE-Base with a decoder
// of the encoder's width 143.8: 31 %.
TEST(CrateBlock, AnAutoencoderHasThePublishedSize) {
  EXPECT_EQ(NumParameters("CRATE", "CRATE", 12), 44'638'464);
  EXPECT_EQ(NumParameters("TRANSFORMER", "TRANSFORMER", 8), 143'836'416);
}

TEST(CrateBlock, ADictionaryBeginsKaimingUniform) {
  EncoderSpec spec = TinyEncoder();
  spec.set_embed_dim(128);
  Encoder encoder(spec);
  InitializeVit(encoder, 3);
  const auto p = encoder.named_parameters();
  const auto largest = [&](const std::string& name) {
    return p["blocks.0.layers.0." + name].abs().max().item<double>();
  };
  // The largest of 16384 numbers is close to its bound.
  EXPECT_NEAR(largest("1.fn.weight"), std::sqrt(6.0 / 128), 1e-3);
  EXPECT_NEAR(largest("0.fn.qkv.weight"), std::sqrt(6.0 / 256), 1e-3);
  EXPECT_EQ(largest("0.fn.to_out.0.bias"), 0);
  EXPECT_TRUE(p["blocks.0.layers.0.1.norm.weight"].equal(
      at::tensor({1.0F}).expand({128})));
}

TEST(CrateBlock, MasksAPatchFromTheKeysOfAnEncoder) {
  Encoder encoder(TinyEncoder());
  FillNormal(encoder, 0.3, 0);
  const at::Tensor images = Normal({1, 2, 12, 12}, 1);
  EncoderRequest request;
  request.ids_context = at::tensor({1, 5}, at::kLong).view({1, 2});
  at::Tensor changed = images.clone();
  changed.narrow(2, 8, 4).narrow(3, 0, 4).fill_(7);  // patch 6
  const at::Tensor a = encoder.forward(images, request).tokens;
  const at::Tensor b = encoder.forward(changed, request).tokens;
  EXPECT_FALSE(a[0][7].allclose(b[0][7], 0, 1e-3));
  EXPECT_TRUE(a.slice(1, 0, 7).allclose(b.slice(1, 0, 7), 0, 1e-12));
  EXPECT_TRUE(a.slice(1, 8).allclose(b.slice(1, 8), 0, 1e-12));
}

TEST(CrateBlock, HasNumbersOfItsOwn) {
  const auto validate = [](const std::string& text) {
    EncoderSpec spec;
    EXPECT_TRUE(base::ParseSpec(text, &spec)) << text;
    return Validate(spec);
  };
  const auto refused = [&](const std::string& text, const std::string& error) {
    EXPECT_EQ(validate(text), absl::InvalidArgumentError(error)) << text;
  };
  EXPECT_EQ(validate("block: CRATE crate { sparsity: 0 }"), absl::OkStatus());
  refused("crate { sparsity: 0.5 }",
          "crate: applies to block: CRATE only, but block is TRANSFORMER; set "
          "block: "
          "CRATE");
  refused("block: CRATE drop_path: 0.1",
          "drop_path: 0.1 has no branch to drop in block: CRATE; set 0");
  refused("block: CRATE crate { step_size: 0 }",
          "crate.step_size: 0 is not in (0, 10]");
  refused("block: CRATE crate { sparsity: nan }",
          "crate.sparsity: nan is not in [0, 100]");
}

}  // namespace
}  // namespace caldera::vit
