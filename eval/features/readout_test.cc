#include "eval/features/readout.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/layer_norm.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "eval/features/tiny_encoder_testing.h"
#include "vit/module_testing.h"

namespace caldera::eval {
namespace {

vit::EncoderSpec Tiny() {
  vit::EncoderSpec spec = TinyEncoderSpec();
  spec.set_depth(3);
  return spec;
}

TEST(Readout, IsTheNamedTokensOfTheNamedBlock) {
  vit::Encoder encoder(Tiny());
  vit::FillNormal(encoder, 0.3, 1);
  const at::Tensor images = vit::Normal({2, 1, 8, 8}, 2);
  const auto out = encoder.forward(images, {}, {0, 2});
  const std::vector<at::Tensor> read = ReadFeatures(encoder, images,
                                                    {{"cls", {0}, false},
                                                     {"mean", {0}, true},
                                                     {"mean", {2}, true},
                                                     {"mean", {2}, false}});
  ASSERT_EQ(read.size(), 4);
  EXPECT_TRUE(at::equal(read[0], out.taps[0].select(1, 0)));
  const auto p = encoder.named_parameters();
  const at::Tensor norm =
      at::layer_norm(out.taps[0], {16}, p["norm.weight"], p["norm.bias"], 1e-6);
  EXPECT_LT((read[1] - norm.slice(1, 1).mean(1)).abs().max().item<double>(),
            1e-14);
  EXPECT_TRUE(at::equal(read[2], out.tokens.slice(1, 1).mean(1)));
  EXPECT_TRUE(at::equal(read[3], out.taps[1].slice(1, 1).mean(1)));
}

TEST(Readout, ComesFromTheSpecOrIsTheLastBlocks) {
  EvalSpec spec;
  spec.set_feature("CLS");
  auto readouts = ReadoutsOf(spec, Tiny());
  ASSERT_TRUE(readouts.ok());
  ASSERT_EQ(readouts->size(), 1);
  EXPECT_EQ(SettingOf((*readouts)[0]),
            nlohmann::json::parse(
                R"({"feature":"cls","block":2,"norm":true,"masking":"none"})"));
  spec.add_readout()->add_block(1);
  spec.mutable_readout(0)->set_final_norm(false);
  spec.add_readout();
  readouts = ReadoutsOf(spec, Tiny());
  ASSERT_EQ(readouts->size(), 2);
  EXPECT_EQ((*readouts)[0].feature, "mean");
  EXPECT_EQ((*readouts)[0].blocks, std::vector<int64_t>{1});
  EXPECT_FALSE((*readouts)[0].final_norm);
  EXPECT_EQ((*readouts)[1].blocks, std::vector<int64_t>{2});
}

TEST(Readout, SeveralBlocksAreJoined) {
  vit::Encoder encoder(Tiny());
  vit::FillNormal(encoder, 0.3, 1);
  EvalSpec spec;
  ReadoutSpec& joined = *spec.add_readout();
  joined.add_block(2);
  joined.add_block(0);
  spec.add_readout()->set_feature("CLS");
  const auto readouts = ReadoutsOf(spec, Tiny());
  ASSERT_TRUE(readouts.ok()) << readouts.status();
  EXPECT_EQ(WidthOf((*readouts)[0], Tiny()), 32);
  EXPECT_EQ(SettingOf((*readouts)[0])["block"], nlohmann::json({2, 0}));
  const at::Tensor images = vit::Normal({2, 1, 8, 8}, 2);
  const std::vector<at::Tensor> read = ReadFeatures(encoder, images, *readouts);
  const std::vector<at::Tensor> alone = ReadFeatures(
      encoder, images,
      {{"mean", {2}, true}, {"mean", {0}, true}, {"cls", {2}, true}});
  EXPECT_TRUE(at::equal(read[0], at::cat({alone[0], alone[1]}, 1)));
  EXPECT_TRUE(at::equal(read[1], alone[2]));
  // A head that pools patches reads those of each block by themselves.
  const std::vector<Readout> patches = AllPatchesOf(*readouts);
  ASSERT_EQ(patches.size(), 2);
  EXPECT_EQ(patches[1].blocks, std::vector<int64_t>{0});
  joined.add_block(2);
  EXPECT_EQ(ReadoutsOf(spec, Tiny()).status().message(),
            "readout[0].block: 2 is there twice");
}

TEST(Readout, AllPatchesStandOnceForEachBlockAndNorm) {
  vit::Encoder encoder(Tiny());
  vit::FillNormal(encoder, 0.3, 1);
  const std::vector<Readout> patches = AllPatchesOf(
      {{"cls", {2}, true}, {"mean", {2}, true}, {"mean", {0}, false}});
  ASSERT_EQ(patches.size(), 2);
  EXPECT_EQ(SettingOf(patches[1])["feature"], "patches");
  const at::Tensor images = vit::Normal({2, 1, 8, 8}, 2);
  const std::vector<at::Tensor> read = ReadFeatures(encoder, images, patches);
  const auto out = encoder.forward(images, {}, {0});
  EXPECT_TRUE(at::equal(read[0], out.tokens.slice(1, 1)));  // [B, N, D]
  EXPECT_TRUE(at::equal(read[1], out.taps[0].slice(1, 1)));
}

TEST(Readout, WhatTheEncoderDoesNotHaveIsNamed) {
  vit::EncoderSpec bare = Tiny();
  bare.set_class_token(false);
  bare.set_final_norm(false);
  EvalSpec spec;
  EXPECT_FALSE((*ReadoutsOf(spec, bare))[0].final_norm);
  spec.set_feature("CLS");
  EXPECT_EQ(ReadoutsOf(spec, bare).status().message(),
            "feature: CLS, but the encoder has no class_token; use MEAN");
  spec.add_readout()->set_final_norm(true);
  EXPECT_EQ(ReadoutsOf(spec, bare).status().message(),
            "readout[0].final_norm: true, but the encoder has no final norm");
  spec.mutable_readout(0)->add_block(3);
  EXPECT_EQ(ReadoutsOf(spec, Tiny()).status().message(),
            "readout[0].block: 3 is not one of the 3 blocks; they count from 0 "
            "to 2");
}

}  // namespace
}  // namespace caldera::eval
