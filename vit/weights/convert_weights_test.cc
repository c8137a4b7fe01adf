#include "vit/weights/convert_weights.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "vit/weights/encoder_file.h"
#include "vit/weights/pth_file.h"
#include "vit/weights/safetensors.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string Data(const std::string& name) {
  return "vit/weights/testdata/" + name;
}

std::string Fresh(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  fs::remove(path);
  return path;
}

ConvertOptions Options(const std::string& input, const std::string& output) {
  ConvertOptions options;
  options.input = input;
  options.output = output;
  options.num_heads = 2;
  return options;
}

TEST(ConvertWeights, TurnsPthIntoSafetensorsAndBack) {
  const std::string safetensors = Fresh("a.safetensors"), pth = Fresh("a.pth");
  std::string report;
  ASSERT_EQ(ConvertWeights(Options(Data("training.pth"), safetensors), &report),
            absl::OkStatus());
  EXPECT_EQ(
      report,
      "vit/weights/testdata/training.pth: encoder 8/4, 1 channels, width 8, 1 "
      "blocks, 2 heads; head of 3 classes\n"
      "taken          20\n"
      "renamed         0\n"
      "interpolated    0\n"
      "missing         0\n"
      "left over       0\n");
  ConvertOptions back = Options(safetensors, pth);
  back.num_heads.reset();  // the metadata tell
  ASSERT_EQ(ConvertWeights(back, &report), absl::OkStatus());

  const absl::StatusOr<Safetensors> timm =
      ReadSafetensors(Data("timm_vit.safetensors"));
  const absl::StatusOr<Safetensors> first = ReadSafetensors(safetensors);
  const absl::StatusOr<PthFile> second = ReadPth(pth);
  ASSERT_EQ(first.status(), absl::OkStatus());
  ASSERT_EQ(second.status(), absl::OkStatus());
  for (const auto& [name, tensor] : timm->tensors) {
    if (absl::StartsWith(name, "test.")) continue;
    EXPECT_TRUE(at::equal(first->tensors.at(name), tensor)) << name;
    EXPECT_TRUE(at::equal(second->tensors.at(name), tensor)) << name;
  }
  EXPECT_EQ(first->tensors.size(), 20);
  EXPECT_EQ(second->tensors.size(), 20);
}

TEST(ConvertWeights, InterpolatesAndRenames) {
  const std::string output = Fresh("large.safetensors");
  ConvertOptions options = Options(Data("state_dict.pth"), output);
  options.image_size = 20;
  std::string report;
  ASSERT_EQ(ConvertWeights(options, &report), absl::OkStatus());
  EXPECT_THAT(report, HasSubstr("encoder 20/4"));
  EXPECT_THAT(report,
              HasSubstr("renamed        20  without \"module._orig_mod.\"\n"
                        "interpolated    1  pos_embed (2x2 -> 5x5)\n"));
  const absl::StatusOr<LoadedEncoder> loaded = LoadEncoder(output);
  ASSERT_EQ(loaded.status(), absl::OkStatus());
  EXPECT_EQ(loaded->encoder->spec().image_size(), 20);
  EXPECT_EQ(loaded->encoder->spec().num_heads(), 2);
}

TEST(ConvertWeights, WritesWhatNoTensorShows) {
  ConvertOptions options =
      Options(Data("training.pth"), Fresh("told.safetensors"));
  options.encoder = "activation: QUICK_GELU";
  std::string report;
  ASSERT_EQ(ConvertWeights(options, &report), absl::OkStatus());
  const auto told = OpenEncoder(options.output);
  ASSERT_EQ(told.status(), absl::OkStatus());
  EXPECT_EQ(told->spec.activation(), EncoderSpec::QUICK_GELU);
  options.encoder = "depth: 0";
  EXPECT_THAT(std::string(ConvertWeights(options, &report).message()),
              HasSubstr("--encoder=depth: 0: depth: 0"));
  options.encoder = "activation: RELU";
  EXPECT_THAT(std::string(ConvertWeights(options, &report).message()),
              HasSubstr("has no fields of EncoderSpec"));
}

TEST(ConvertWeights, WritesNothingPartialUnlessAllowed) {
  Safetensors file = *ReadSafetensors(Data("timm_vit.safetensors"));
  file.tensors.erase("norm.bias");
  file.tensors["blocks.0.norm2.bias"] = at::zeros({3});
  const std::string input = Fresh("partial.safetensors");
  ASSERT_EQ(WriteSafetensors(input, file), absl::OkStatus());
  const std::string output = Fresh("out.safetensors");
  ConvertOptions options = Options(input, output);
  std::string report;
  EXPECT_EQ(ConvertWeights(options, &report),
            absl::FailedPreconditionError(absl::StrCat(
                input,
                ": missing: norm.bias; mismatched: tensor "
                "\"blocks.0.norm2.bias\" has the shape [3], the model needs "
                "[8]; left over: test.images and 1 more; --allow_partial "
                "writes the rest without them")));
  EXPECT_THAT(report, HasSubstr("taken          18\n"));
  EXPECT_THAT(report, HasSubstr("missing         1  norm.bias\n"));
  EXPECT_THAT(report, HasSubstr("left over       2  test.images, test.tokens"));
  EXPECT_FALSE(fs::exists(output));
  options.allow_partial = true;
  ASSERT_EQ(ConvertWeights(options, &report), absl::OkStatus());
  EXPECT_EQ(ReadSafetensors(output)->tensors.size(), 18);
}

TEST(ConvertWeights, RefusesWrongOptions) {
  std::string report;
  EXPECT_EQ(
      ConvertWeights(Options(Data("bare.pth"), "a.npz"), &report),
      absl::InvalidArgumentError("--out=a.npz ends neither in .safetensors "
                                 "nor in .pth or .pt"));
  ConvertOptions options = Options(Data("bare.pth"), Fresh("b.pth"));
  options.image_size = 9;
  EXPECT_EQ(ConvertWeights(options, &report),
            absl::InvalidArgumentError("--image_size=9: patch_size: 4 does not "
                                       "divide image_size 9"));
  options = Options(Data("bare.pth"), Fresh("b.pth"));
  options.num_heads = 3;
  EXPECT_EQ(ConvertWeights(options, &report),
            absl::InvalidArgumentError("vit/weights/testdata/bare.pth: "
                                       "encoder.num_heads: 3 does not divide "
                                       "embed_dim 8"));
  EXPECT_EQ(ConvertWeights(Options("missing", Fresh("b.pth")), &report).code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace caldera::vit
