#include "eval/export_features.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>

#include "data/loader/bad_images.h"
#include "eval/features/labelled_images_testing.h"
#include "eval/features/tiny_encoder_testing.h"
#include "vit/weights/safetensors.h"

namespace caldera::eval {
namespace {

const Readout kReadout = {"cls", {0}, false};

TEST(ExportFeatures, WritesWhatExtractionGives) {
  const std::string path = testing::TempDir() + "/features.safetensors";
  const auto encoder = TinyEncoder(1);
  const auto images = std::make_shared<LabelledImages>(9);
  const absl::Status status = ExportFeatures(path, *encoder, images, kReadout,
                                             {}, {{"caldera.split", "test"}});
  ASSERT_TRUE(status.ok()) << status;
  const auto file = vit::ReadSafetensors(path);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto expected =
      ExtractReadouts(*encoder, images, {kReadout}, ExtractOptions());
  EXPECT_TRUE(at::equal(file->tensors.at("features"), (*expected)[0].features));
  EXPECT_TRUE(at::equal(file->tensors.at("labels"), (*expected)[0].labels));
  EXPECT_TRUE(at::equal(file->tensors.at("index"), at::arange(9, at::kLong)));
  EXPECT_EQ(file->metadata.at("caldera.split"), "test");
  EXPECT_EQ(file->metadata.at("caldera.setting"),
            R"({"block":0,"feature":"cls","masking":"none","norm":false})");
}

TEST(ExportFeatures, TheIndexTellsWhichImagesCouldBeRead) {
  const std::string path = testing::TempDir() + "/readable.safetensors";
  const auto encoder = TinyEncoder(1);
  const auto images = std::make_shared<LabelledImages>(9);
  images->bad_every = 4;  // 3 and 7
  ExtractOptions options;
  EXPECT_FALSE(
      ExportFeatures(path, *encoder, images, kReadout, options, {}).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
  options.bad_images = std::make_shared<data::BadImages>();
  const absl::Status status =
      ExportFeatures(path, *encoder, images, kReadout, options, {});
  ASSERT_TRUE(status.ok()) << status;
  const auto file = vit::ReadSafetensors(path);
  EXPECT_EQ(file->tensors.at("features").size(0), 7);
  EXPECT_TRUE(at::equal(file->tensors.at("index"),
                        at::tensor({0, 1, 2, 4, 5, 6, 8}, at::kLong)));
  EXPECT_EQ(file->tensors.at("labels").size(0), 7);
}

TEST(ExportFeatures, NothingIsWrittenOfADivergedEncoder) {
  const std::string path = testing::TempDir() + "/nans.safetensors";
  const auto encoder = TinyEncoder(1);
  encoder->named_parameters()["blocks.0.mlp.fc2.bias"].data().fill_(NAN);
  const absl::Status status = ExportFeatures(
      path, *encoder, std::make_shared<LabelledImages>(9), kReadout, {}, {});
  EXPECT_NE(status.message().find("row 0 holds NaN"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace caldera::eval
