#include "vit/weights/start_weights.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/state_dict.h"
#include "vit/weights/encoder_file.h"
#include "vit/weights/safetensors.h"
#include "vit/weights/tiny_file_testing.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

absl::StatusOr<StartWeights> Open(const std::string& path,
                                  const EncoderSpec& spec) {
  StartRequest request;
  request.path = path;
  request.encoder = spec;
  return OpenStart(request);
}

TEST(StartWeights, AreTheFilesForAnEncoderOfItsSizes) {
  const Safetensors file = TinyFile();
  const absl::StatusOr<StartWeights> start = Open(Path("tiny"), TinySpec());
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_TRUE(start->report.notes.empty());
  EXPECT_EQ(start->report.taken.size(), file.tensors.size());
  ASSERT_EQ(start->encoder.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_TRUE(at::equal(start->encoder.at(name), tensor)) << name;
  }
  EXPECT_EQ(
      start->report.Text(),
      absl::StrCat("starting from ", Path("tiny"), ": ", file.tensors.size(),
                   " taken, 0 renamed, 0 resampled, 0 missing, 0 left "
                   "over\n"));
}

// A classifier of mean features has no final norm, a larger image more patches.
TEST(StartWeights, LeaveTheNormAsideAndInterpolatePositions) {
  const Safetensors file = TinyFile();
  EncoderSpec spec = TinySpec();
  spec.set_final_norm(false);
  spec.set_image_size(16);
  const absl::StatusOr<StartWeights> start = Open(Path("tiny"), spec);
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_THAT(start->report.resampled,
              ElementsAre(Pair("pos_embed", "2x2 -> 4x4")));
  EXPECT_THAT(start->report.left_over, ElementsAre("norm.weight", "norm.bias"));
  EXPECT_EQ(start->encoder.count("norm.weight"), 0);
  EXPECT_EQ(start->encoder.at("pos_embed").sizes(),
            (at::IntArrayRef{1, 17, 16}));
  Encoder encoder(spec);
  EXPECT_EQ(LoadStateDict(encoder, start->encoder, "start"), absl::OkStatus());
}

TEST(StartWeights, LeaveOutPositionsThatTheModelHasNot) {
  TinyFile();
  EncoderSpec spec = TinySpec();
  spec.set_position_embedding(EncoderSpec::NONE);
  const absl::StatusOr<StartWeights> start = Open(Path("tiny"), spec);
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_EQ(start->encoder.count("pos_embed"), 0);
  EXPECT_THAT(start->report.left_over, ElementsAre("pos_embed"));
  EXPECT_EQ(start->report.notes.size(), 1);
}

TEST(StartWeights, ResamplePatchesAndChannels) {
  TinyFile();
  EncoderSpec spec = TinySpec();
  spec.set_patch_size(2);
  spec.set_channels(3);
  const absl::StatusOr<StartWeights> start = Open(Path("tiny"), spec);
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_THAT(start->report.resampled,
              ElementsAre(Pair("patch_embed.proj.weight",
                               "1 -> 3 channels, patches of 4 -> 2 pixels"),
                          Pair("pos_embed", "2x2 -> 4x4")));
  EXPECT_EQ(start->encoder.at("patch_embed.proj.weight").sizes(),
            (at::IntArrayRef{16, 3, 2, 2}));
  spec.set_channels(3);
  Encoder colour(spec);
  InitializeVit(colour, 0);
  ASSERT_EQ(SaveEncoder(Path("colour"), colour, {}), absl::OkStatus());
  spec.set_channels(4);
  EXPECT_THAT(std::string(Open(Path("colour"), spec).status().message()),
              HasSubstr("has the shape [16, 3, 2, 2], the model needs [16, 4, "
                        "2, 2]"));
}

TEST(StartWeights, RefuseOtherSizes) {
  TinyFile();
  const std::string path = Path("tiny");
  const auto refusal = [&](const EncoderSpec& spec) {
    return std::string(Open(path, spec).status().message());
  };
  EncoderSpec heads = TinySpec(), shallow = TinySpec(), deep = TinySpec(),
              wide = TinySpec();
  heads.set_num_heads(4);
  EXPECT_EQ(refusal(heads),
            path + " was trained with 2 attention heads, the model has 4");
  deep.set_depth(2);
  EXPECT_EQ(refusal(deep),
            path + " lacks the tensor \"blocks.1.attn.proj.bias\"");
  wide.set_embed_dim(32);
  EXPECT_EQ(refusal(wide),
            path +
                ": tensor \"blocks.0.attn.proj.bias\" has the shape [16], "
                "the model needs [32]");
  Encoder two(deep);
  InitializeVit(two, 0);
  ASSERT_EQ(SaveEncoder(path, two, {}), absl::OkStatus());
  EXPECT_EQ(refusal(shallow),
            path +
                " holds the tensor \"blocks.1.attn.proj.bias\", which the "
                "model lacks: it is another kind of ViT");
}

// The decoder of a file is taken whole, or not at all.
TEST(StartWeights, TakeADecoderThatFits) {
  Safetensors file = TinyFile();
  const auto request = [](const std::string& name) {
    StartRequest request;
    request.path = Path(name);
    request.encoder = TinySpec();
    request.decoder = {{"decoder_embed.weight", {4, 16}},
                       {"decoder_pos_embed", {1, 5, 4}},
                       {"mask_token", {1, 1, 4}}};
    return request;
  };
  StartRequest tiny = request("tiny");
  absl::StatusOr<StartWeights> start = OpenStart(tiny);
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_TRUE(start->decoder.empty());
  EXPECT_THAT(start->report.notes,
              ElementsAre("the file has no decoder of MAE: it begins anew"));
  EXPECT_EQ(start->report.missing.size(), 3);
  EXPECT_THAT(start->report.Text(),
              HasSubstr("start: the file has no decoder"));

  file.tensors["decoder_embed.weight"] = at::full({4, 16}, 2.);
  file.tensors["decoder_pos_embed"] = at::full({1, 10, 4}, 3.);
  file.tensors["mask_token"] = at::full({1, 1, 4}, 4.);
  file.tensors["decoder_pred.bias"] = at::zeros({2});
  ASSERT_EQ(WriteSafetensors(Path("full"), file), absl::OkStatus());
  start = OpenStart(request("full"));
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_EQ(start->decoder.size(), 3);
  EXPECT_EQ(start->report.decoder_file, Path("full"));
  EXPECT_TRUE(
      at::equal(start->decoder.at("mask_token"), at::full({1, 1, 4}, 4.)));
  // The file's decoder is of a larger grid than its encoder.
  EXPECT_THAT(start->report.resampled,
              ElementsAre(Pair("decoder_pos_embed", "3x3 -> 2x2")));
  EXPECT_THAT(start->report.left_over, ElementsAre("decoder_pred.bias"));

  // Another file's is asked for, and must fit.
  tiny.decoder_path = Path("full");
  start = OpenStart(tiny);
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_EQ(start->decoder.size(), 3);
  EXPECT_THAT(start->report.Text(),
              HasSubstr("the decoder is that of " + Path("full")));
  tiny.decoder["mask_token"] = {1, 1, 6};
  EXPECT_EQ(OpenStart(tiny).status(),
            absl::InvalidArgumentError(absl::StrCat(
                "decoder: ", Path("full"),
                ": tensor \"mask_token\" has the shape [1, 1, 4], the model "
                "needs [1, 1, 6]")));
  StartRequest full = request("full");
  full.decoder["mask_token"] = {1, 1, 6};
  start = OpenStart(full);
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_TRUE(start->decoder.empty());
  EXPECT_THAT(start->report.notes.front(),
              HasSubstr("the file's decoder does not fit"));
}

TEST(StartWeights, SayWhichViTWasTaken) {
  EncoderSpec spec = TinySpec();
  spec.set_channels(3);
  spec.set_depth(2);
  spec.set_num_heads(4);
  spec.set_mlp_ratio(1.5);
  StartRequest request;
  request.path = "vit/weights/testdata/published/dino.pth";
  request.encoder = spec;
  absl::StatusOr<StartWeights> start = OpenStart(request);
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_EQ(start->report.place, "teacher.module.backbone");
  EXPECT_THAT(
      start->report.notes,
      ElementsAre("of 2 ViTs in the file \"teacher.module.backbone\" is "
                  "taken; key chooses the other: "
                  "\"student.module.backbone\""));
  request.key = "student";
  start = OpenStart(request);
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_EQ(start->report.place, "student.module.backbone");
  EXPECT_TRUE(start->report.notes.empty());
  request.key = "encoder";
  EXPECT_EQ(OpenStart(request).status(),
            absl::InvalidArgumentError(absl::StrCat(
                request.path,
                " holds no ViT under the key \"encoder\"; it holds one under "
                "\"student.module.backbone\", \"teacher.module.backbone\"")));
}

TEST(StartWeights, HaveTheDecoderOfHuggingFace) {
  EncoderSpec spec = TinySpec();
  spec.set_channels(3);
  spec.set_depth(2);
  spec.set_num_heads(4);
  spec.set_mlp_ratio(1.5);
  StartRequest request;
  request.path = "vit/weights/testdata/published/hf_mae";
  request.encoder = spec;
  request.decoder = {{"mask_token", {1, 1, 8}},
                     {"decoder_pos_embed", {1, 5, 8}},
                     {"decoder_embed.weight", {8, 16}},
                     {"decoder_blocks.0.attn.qkv.weight", {24, 8}},
                     {"decoder_blocks.0.mlp.fc2.weight", {8, 16}},
                     {"decoder_pred.bias", {48}}};
  const absl::StatusOr<StartWeights> start = OpenStart(request);
  ASSERT_EQ(start.status(), absl::OkStatus());
  EXPECT_EQ(start->decoder.size(), 6);
  EXPECT_TRUE(start->report.missing.empty());
}

}  // namespace
}  // namespace caldera::vit
