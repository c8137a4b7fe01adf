#include "vit/model/initialization.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>

#include "vit/decoders/decoder_plan.h"
#include "vit/model/classifier.h"
#include "vit/model/encoder.h"

namespace caldera::vit {
namespace {

EncoderSpec SmallSpec() {
  EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(4);
  spec.set_embed_dim(64);
  spec.set_depth(2);
  spec.set_num_heads(2);
  return spec;
}

std::shared_ptr<Decoder> SmallDecoder(const std::string& kind) {
  DecoderSpec spec;
  spec.set_kind(kind);
  spec.set_embed_dim(32);
  spec.set_depth(1);
  spec.set_num_heads(2);
  return PlanDecoder(spec).value()->Build({64, {2, 2}, 48, true});
}

// Compares values with U(-bound, bound), within five standard errors.
void ExpectUniform(const at::Tensor& values, double bound,
                   const std::string& name) {
  const at::Tensor v = values.detach().to(at::kDouble);
  const auto n = static_cast<double>(v.numel());
  // The bound itself is rounded to float32.
  EXPECT_LE(v.abs().max().item<double>(), bound * (1 + 1e-7)) << name;
  EXPECT_GT(v.abs().max().item<double>(), bound * (1 - 20 / n)) << name;
  EXPECT_NEAR(v.mean().item<double>(), 0, 5 * bound / std::sqrt(3 * n)) << name;
  EXPECT_NEAR(v.pow(2).mean().item<double>() * 3 / (bound * bound), 1,
              5 * std::sqrt(0.8 / n))
      << name;
}

TEST(InitializeVit, MatricesAreXavierUniform) {
  Encoder encoder(SmallSpec());
  InitializeVit(encoder, 3);
  const auto decoder = SmallDecoder("TRANSFORMER");
  InitializeVit(*decoder, 3);
  // The bound follows from fan_in + fan_out; qkv is one matrix [3D, D], the
  // convolution one of [D, C*p*p].
  std::map<std::string, int> fans = {{"patch_embed.proj.weight", 64 + 48},
                                     {"decoder_embed.weight", 32 + 64},
                                     {"decoder_pred.weight", 48 + 32}};
  for (const std::string block : {"blocks.0.", "blocks.1."}) {
    fans[block + "attn.qkv.weight"] = 3 * 64 + 64;
    fans[block + "attn.proj.weight"] = 64 + 64;
    fans[block + "mlp.fc1.weight"] = 256 + 64;
    fans[block + "mlp.fc2.weight"] = 64 + 256;
  }
  fans["decoder_blocks.0.attn.qkv.weight"] = 3 * 32 + 32;
  fans["decoder_blocks.0.attn.proj.weight"] = 32 + 32;
  fans["decoder_blocks.0.mlp.fc1.weight"] = 128 + 32;
  fans["decoder_blocks.0.mlp.fc2.weight"] = 32 + 128;
  size_t seen = 0;
  for (const torch::nn::Module* module :
       {static_cast<torch::nn::Module*>(&encoder),
        static_cast<torch::nn::Module*>(decoder.get())}) {
    for (const auto& item : module->named_parameters()) {
      if (item.value().dim() != 2 && item.value().dim() != 4) continue;
      ASSERT_EQ(fans.count(item.key()), 1) << item.key();
      ExpectUniform(item.value(), std::sqrt(6.0 / fans[item.key()]),
                    item.key());
      ++seen;
    }
  }
  EXPECT_EQ(seen, fans.size());
}

TEST(InitializeVit, VectorsAreConstantButThePatchBias) {
  Encoder encoder(SmallSpec());
  for (at::Tensor& parameter : encoder.parameters()) {
    parameter.detach().fill_(7);
  }
  InitializeVit(encoder, 3);
  int norms = 0, biases = 0;
  for (const auto& item : encoder.named_parameters()) {
    const std::string& name = item.key();
    if (item.value().dim() != 1) continue;
    if (name == "patch_embed.proj.bias") {
      ExpectUniform(item.value(), 1 / std::sqrt(48.0), name);
    } else if (name.find("norm") != std::string::npos &&
               name.find(".weight") != std::string::npos) {
      EXPECT_TRUE(at::equal(item.value(), at::full({64}, 1.0))) << name;
      ++norms;
    } else {
      EXPECT_EQ(item.value().abs().max().item<float>(), 0) << name;
      ++biases;
    }
  }
  EXPECT_EQ(norms, 5);    // two a block and the last
  EXPECT_EQ(biases, 13);  // six a block and the last norm's
}

TEST(InitializeVit, TokensAreNormalAndNotTruncated) {
  constexpr int64_t kCount = 100'000;
  torch::nn::Module module;
  const at::Tensor token =
      module.register_parameter("cls_token", at::empty({1, 1, kCount}));
  InitializeVit(module, 0);
  const at::Tensor z = token.detach().to(at::kDouble) / 0.02;
  EXPECT_NEAR(z.mean().item<double>(), 0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(z.pow(2).mean().item<double>(), 1, 5 * std::sqrt(2.0 / kCount));
  const double outside = std::erfc(2 / std::sqrt(2.0));  // |z| > 2: 4.55%
  EXPECT_NEAR(z.abs().gt(2).to(at::kDouble).mean().item<double>(), outside,
              5 * std::sqrt(outside / kCount));
  EXPECT_GT(z.abs().max().item<double>(), 4);
}

TEST(InitializeVit, LearnedPositionsAndHeadsAreNormal) {
  EncoderSpec spec = SmallSpec();
  spec.set_position_embedding(EncoderSpec::LEARNED);
  spec.set_image_size(64);  // 257 x 64 numbers
  ClassifierSpec head;
  Classifier classifier(spec, head);
  InitializeVit(classifier, 3);
  const StateDict state = classifier.NamedState();
  for (const auto& [name, deviation] : std::map<std::string, double>{
           {"pos_embed", 0.02}, {"head.weight", 2e-5}}) {
    const at::Tensor z = state.at(name).detach().to(at::kDouble) / deviation;
    const auto n = static_cast<double>(z.numel());
    EXPECT_NEAR(z.mean().item<double>(), 0, 5 / std::sqrt(n)) << name;
    EXPECT_NEAR(z.pow(2).mean().item<double>(), 1, 5 * std::sqrt(2 / n))
        << name;
    const double outside = std::erfc(2 / std::sqrt(2.0));  // |z| > 2
    EXPECT_NEAR(z.abs().gt(2).to(at::kDouble).mean().item<double>(), outside,
                5 * std::sqrt(outside / n))
        << name;
  }
  EXPECT_EQ(state.at("head.bias").abs().max().item<float>(), 0);
  EXPECT_TRUE(at::equal(state.at("fc_norm.weight"), at::full({64}, 1.0)));
}

TEST(InitializeVit, CrossAttentionIsXavierUniform) {
  const auto decoder = SmallDecoder("CROSS_ATTENTION");
  InitializeVit(*decoder, 3);
  const auto p = decoder->named_parameters();
  ExpectUniform(p["decoder_blocks.0.cross_attn.q.weight"],
                std::sqrt(6.0 / (32 + 32)), "q");
  ExpectUniform(p["decoder_blocks.0.cross_attn.kv.weight"],
                std::sqrt(6.0 / (64 + 32)), "kv");
}

TEST(InitializeVit, InitializesEveryToken) {
  Encoder encoder(SmallSpec());
  const auto decoder = SmallDecoder("TRANSFORMER");
  InitializeVit(encoder, 0);
  InitializeVit(*decoder, 0);
  const auto std = [](const at::Tensor& t) {
    return t.detach().pow(2).mean().sqrt().item<double>();
  };
  // The tolerances are five standard errors of 64 and of 32 values.
  EXPECT_NEAR(std(encoder.named_parameters()["cls_token"]), 0.02,
              0.02 * 5 / std::sqrt(2 * 64));
  EXPECT_NEAR(std(decoder->named_parameters()["mask_token"]), 0.02,
              0.02 * 5 / std::sqrt(2 * 32));
}

// Returns true for the parameters whose values are random.
bool IsDrawn(const std::string& name, const at::Tensor& parameter) {
  return parameter.dim() > 1 || name == "patch_embed.proj.bias";
}

TEST(InitializeVit, DependsOnTheSeedAndTheNameOnly) {
  Encoder first(SmallSpec()), other_seed(SmallSpec());
  InitializeVit(first, 1);
  InitializeVit(other_seed, 2);
  // The other module has the same names in another order, together with further
  // modules, and is initialised after other calls of this function and of the
  // global generator.
  torch::nn::Module parent;
  parent.register_module("decoder", SmallDecoder("TRANSFORMER"));
  const auto inside =
      parent.register_module("encoder", std::make_shared<Encoder>(SmallSpec()));
  InitializeVit(parent, 1);
  torch::nn::Module alone;
  const auto single =
      alone.register_module("encoder", std::make_shared<Encoder>(SmallSpec()));
  at::empty({100}).normal_();
  InitializeVit(alone, 1);
  Encoder second(SmallSpec());
  InitializeVit(second, 1);
  for (const auto& item : first.named_parameters()) {
    const std::string& name = item.key();
    EXPECT_TRUE(at::equal(item.value(), second.named_parameters()[name]))
        << name;
    EXPECT_TRUE(at::equal(single->named_parameters()[name],
                          inside->named_parameters()[name]))
        << name;
    EXPECT_NE(at::equal(item.value(), other_seed.named_parameters()[name]),
              IsDrawn(name, item.value()))
        << name;
  }
  const auto parameters = first.named_parameters();
  EXPECT_FALSE(at::equal(parameters["blocks.0.attn.qkv.weight"],
                         parameters["blocks.1.attn.qkv.weight"]));
}

TEST(InitializeVit, GivesTheSameValuesInDouble) {
  Encoder single(SmallSpec()), twice(SmallSpec());
  twice.to(at::kDouble);
  InitializeVit(single, 1);
  InitializeVit(twice, 1);
  for (const auto& item : twice.named_parameters()) {
    EXPECT_TRUE(at::equal(
        item.value(), single.named_parameters()[item.key()].to(at::kDouble)))
        << item.key();
  }
}

TEST(InitializeVit, LeavesBuffersAndTheGlobalGeneratorAlone) {
  Encoder encoder(SmallSpec());
  const at::Tensor position = encoder.named_buffers()["pos_embed"].clone();
  const at::Generator& global = at::detail::getDefaultCPUGenerator();
  const at::Tensor before = global.get_state();
  InitializeVit(encoder, 1);
  EXPECT_TRUE(at::equal(global.get_state(), before));
  EXPECT_TRUE(at::equal(encoder.named_buffers()["pos_embed"], position));
}

}  // namespace
}  // namespace caldera::vit
