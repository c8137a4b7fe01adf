#include "vit/weights/weights_file.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "vit/weights/safetensors.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

std::string Data(const std::string& name) {
  return "vit/weights/testdata/" + name;
}

Weights WithNames(const std::vector<std::string>& names) {
  Weights weights;
  weights.path = "x.pth";
  for (const std::string& name : names) weights.tensors[name] = at::zeros({1});
  return weights;
}

std::vector<std::string> Names(const Weights& weights) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : weights.tensors) names.push_back(name);
  return names;
}

TEST(LoadWeights, GivesOneModelFromEveryFile) {
  const absl::StatusOr<Weights> timm =
      LoadWeights(Data("timm_vit.safetensors"));
  ASSERT_EQ(timm.status(), absl::OkStatus());
  for (const auto& [file, prefix] :
       {std::pair("bare.pth", ""), std::pair("protocol5.pth", ""),
        std::pair("legacy.pth", ""), std::pair("training.pth", ""),
        std::pair("state_dict.pth", "module._orig_mod."),
        std::pair("teacher.pth", "module.backbone."),
        std::pair("encoder_prefix.pth", "encoder.")}) {
    const absl::StatusOr<Weights> weights = LoadWeights(Data(file));
    ASSERT_EQ(weights.status(), absl::OkStatus()) << file;
    EXPECT_EQ(weights->prefix, prefix);
    EXPECT_EQ(weights->renamed.size(), *prefix == '\0' ? 0 : 20) << file;
    for (const auto& [name, tensor] : timm->tensors) {
      if (absl::StartsWith(name, "test.")) continue;
      ASSERT_EQ(weights->tensors.count(name), 1) << file << " " << name;
      EXPECT_TRUE(at::equal(weights->tensors.at(name), tensor))
          << file << " " << name;
    }
  }
  // Tensors outside the encoder keep their names.
  EXPECT_EQ(LoadWeights(Data("encoder_prefix.pth"))
                ->tensors.count("projector.weight"),
            1);
  EXPECT_EQ(LoadWeights(Data("teacher.pth"))
                ->tensors.count("module.head.last.weight"),
            1);
}

TEST(LoadWeights, TellsFormatsByTheirContent) {
  const fs::path folder = fs::path(testing::TempDir()) / "content";
  fs::create_directories(folder);
  fs::copy_file(Data("bare.pth"), folder / "a.safetensors");
  fs::copy_file(Data("timm_vit.safetensors"), folder / "b.pth");
  EXPECT_EQ(LoadWeights(folder / "a.safetensors").status(), absl::OkStatus());
  EXPECT_EQ(LoadWeights(folder / "b.pth").status(), absl::OkStatus());
  std::ofstream(folder / "c.txt") << "nothing of the kind";
  EXPECT_EQ(LoadWeights(folder / "c.txt").status(),
            absl::InvalidArgumentError(absl::StrCat(
                (folder / "c.txt").string(),
                ": neither a safetensors file nor one of torch.save (.pth, "
                ".pt)")));
  std::ofstream(folder / "d.safetensors") << "12";
  EXPECT_EQ(LoadWeights(folder / "d.safetensors").status(),
            absl::InvalidArgumentError(absl::StrCat(
                (folder / "d.safetensors").string(),
                " is not a valid safetensors file: only 2 bytes")));
}

TEST(LoadWeights, TakesFoldersOfRunsAndCheckpoints) {
  const fs::path folder = fs::path(testing::TempDir()) / "folder";
  fs::create_directories(folder);
  EXPECT_EQ(LoadWeights(folder).status().code(), absl::StatusCode::kNotFound);
  for (const std::string name : {"model.safetensors", "encoder.safetensors"}) {
    fs::copy_file(Data("timm_vit.safetensors"), folder / name);
    const absl::StatusOr<Weights> weights = LoadWeights(folder);
    ASSERT_EQ(weights.status(), absl::OkStatus());
    EXPECT_EQ(weights->path, (folder / name).string());
  }
}

TEST(LoadWeights, PassesOverWhatARunCountsBesideItsModel) {
  auto content = ReadSafetensors(Data("timm_vit.safetensors"));
  ASSERT_EQ(content.status(), absl::OkStatus());
  const size_t tensors = content->tensors.size();
  content->tensors["nonfinite.steps"] = at::zeros({1});
  const std::string path = fs::path(testing::TempDir()) / "counts.safetensors";
  ASSERT_EQ(WriteSafetensors(path, *content), absl::OkStatus());
  const absl::StatusOr<Weights> weights = LoadWeights(path);
  ASSERT_EQ(weights.status(), absl::OkStatus());
  EXPECT_EQ(weights->tensors.size(), tensors);
  EXPECT_THAT(weights->ignored, ElementsAre("nonfinite.steps"));
}

// testdata/make_published.py made the file, with a tensor of float8.
TEST(LoadWeights, PassesOverTypesThatItLacks) {
  const absl::StatusOr<Weights> weights =
      LoadWeights(Data("published/dino.pth"));
  ASSERT_EQ(weights.status(), absl::OkStatus());
  EXPECT_EQ(weights->container, "teacher");
  EXPECT_EQ(weights->prefix, "module.backbone.");
  EXPECT_THAT(weights->ignored, ElementsAre("module.head.scale"));
  EXPECT_THAT(weights->beside, ElementsAre("module.head.last_layer.weight"));
}

TEST(LoadWeights, RefusesModelsOfVideosWithTheReason) {
  const fs::path path = fs::path(testing::TempDir()) / "video.safetensors";
  ASSERT_EQ(WriteSafetensors(path, {{{"encoder.patch_embed.proj.weight",
                                      at::zeros({4, 3, 2, 2, 2})}},
                                    {}}),
            absl::OkStatus());
  EXPECT_EQ(LoadWeights(path).status(),
            absl::InvalidArgumentError(absl::StrCat(
                path.string(),
                ": its patches have the shape [4, 3, 2, 2, 2], with an axis of "
                "time: it is a model of videos (VideoMAE, V-JEPA), and only "
                "models of images can be read")));
}

TEST(LoadWeights, FindsAnyPrefix) {
  const fs::path path = fs::path(testing::TempDir()) / "prefix.safetensors";
  for (const std::string prefix :
       {"backbone.vit.", "model.backbone.", "net.", "visual.trunk."}) {
    ASSERT_EQ(WriteSafetensors(path, {{{prefix + "patch_embed.proj.weight",
                                        at::zeros({4, 3, 2, 2})},
                                       {"decoder.mask_token", at::zeros({1})}},
                                      {}}),
              absl::OkStatus());
    const absl::StatusOr<Weights> weights = LoadWeights(path);
    ASSERT_EQ(weights.status(), absl::OkStatus());
    EXPECT_EQ(weights->prefix, prefix);
    EXPECT_EQ(weights->tensors.count("patch_embed.proj.weight"), 1);
    EXPECT_THAT(weights->beside, ElementsAre("decoder.mask_token"));
  }
}

TEST(LoadWeights, RefusesDamagedIndexesOfShards) {
  const fs::path folder = fs::path(testing::TempDir()) / "shards";
  fs::create_directories(folder);
  const auto refusal = [&](const std::string& index) {
    std::ofstream(folder / "model.safetensors.index.json") << index;
    return std::string(LoadWeights(folder).status().message());
  };
  const std::string path = folder / "model.safetensors.index.json";
  EXPECT_EQ(refusal("1"), path + ": it is not a JSON object");
  EXPECT_EQ(refusal("{}"),
            path + ": weight_map is no object of tensors and files");
  EXPECT_EQ(refusal(R"({"weight_map": {"a": "../b"}})"),
            path + ": weight_map names no file beside it for \"a\"");
  ASSERT_EQ(WriteSafetensors(folder / "b", {{{"c", at::zeros({1})}}, {}}),
            absl::OkStatus());
  EXPECT_EQ(refusal(R"({"weight_map": {"a": "b"}})"),
            (folder / "b").string() + " lacks the tensor \"a\", which " + path +
                " lists; load the folder again from where it came");
}

TEST(StripPrefix, TakesTheShortestThatLeadsToAViT) {
  Weights weights =
      WithNames({"backbone.patch_embed.proj.weight", "backbone.cls_token",
                 "backbone.encoder.patch_embed.proj.weight", "head.bias"});
  ASSERT_EQ(StripPrefix(&weights), absl::OkStatus());
  EXPECT_EQ(weights.prefix, "backbone.");
  EXPECT_THAT(weights.renamed, testing::UnorderedElementsAre(
                                   "patch_embed.proj.weight", "cls_token",
                                   "encoder.patch_embed.proj.weight"));
  EXPECT_THAT(Names(weights),
              ElementsAre("cls_token", "encoder.patch_embed.proj.weight",
                          "head.bias", "patch_embed.proj.weight"));
}

TEST(StripPrefix, LeavesAFilesOwnViTAlone) {
  Weights weights =
      WithNames({"patch_embed.proj.weight", "module.patch_embed.proj.weight"});
  ASSERT_EQ(StripPrefix(&weights), absl::OkStatus());
  EXPECT_EQ(weights.prefix, "");
  EXPECT_TRUE(weights.renamed.empty());
}

TEST(StripPrefix, TakesWhatAllNamesShareElsewhere) {
  Weights weights = WithNames({"module.fc.weight", "module.fc.bias"});
  ASSERT_EQ(StripPrefix(&weights), absl::OkStatus());
  EXPECT_THAT(Names(weights), ElementsAre("fc.bias", "fc.weight"));
  weights = WithNames({"module.fc.weight", "other"});
  ASSERT_EQ(StripPrefix(&weights), absl::OkStatus());
  EXPECT_THAT(Names(weights), ElementsAre("module.fc.weight", "other"));
}

TEST(StripPrefix, RefusesNamesThatBecomeOne) {
  Weights weights = WithNames(
      {"module.patch_embed.proj.weight", "module.cls_token", "cls_token"});
  EXPECT_EQ(StripPrefix(&weights),
            absl::InvalidArgumentError(
                "x.pth holds both \"cls_token\" and \"module.cls_token\"; "
                "rename or drop one of them"));
}

}  // namespace
}  // namespace caldera::vit
