#include "vit/weights/names/choose_vit.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace caldera::vit {
namespace {

TEST(VitPrefix, IsWhatStandsBeforeThePatchEmbedding) {
  EXPECT_EQ(VitPrefix("patch_embed.proj.weight"), "");
  EXPECT_EQ(VitPrefix("backbone.vit.patch_embed.proj.weight"), "backbone.vit.");
  EXPECT_EQ(VitPrefix("vit.embeddings.patch_embeddings.projection.weight"),
            "vit.");
  EXPECT_EQ(VitPrefix("visual.class_embedding"), "visual.");
  EXPECT_EQ(VitPrefix("my_patch_embed.proj.weight"), std::nullopt);
  EXPECT_EQ(VitPrefix("patch_embed.proj.bias"), std::nullopt);
  EXPECT_EQ(VitPrefix("vision_model.embeddings.class_embedding"), std::nullopt);
}

std::string Chosen(const std::set<std::string>& prefixes,
                   const std::string& key = "") {
  const auto choice = ChooseVit(prefixes, key, "x.pth");
  return choice.ok() ? choice->prefix : std::string(choice.status().message());
}

TEST(ChooseVit, PrefersAveragesAndPutsStudentsLast) {
  EXPECT_EQ(Chosen({"encoder.module.", "target_encoder.module."}),
            "target_encoder.module.");
  EXPECT_EQ(Chosen({"student.", "teacher.backbone."}), "teacher.backbone.");
  EXPECT_EQ(Chosen({"state_dict.", "state_dict_ema."}), "state_dict_ema.");
  EXPECT_EQ(Chosen({"backbone.", "backbone_momentum."}), "backbone_momentum.");
  EXPECT_EQ(Chosen({"online_encoder.", "model.encoder."}), "model.encoder.");
  // "steam" is no "team", and "schema" no "ema".
  EXPECT_EQ(Chosen({"a.", "schema."}), "a.");
  EXPECT_EQ(Chosen({"", "encoder."}), "");
}

TEST(ChooseVit, KeepsWhatTheKeyNames) {
  const std::set<std::string> prefixes = {"", "student.module.backbone.",
                                          "teacher.module.backbone."};
  EXPECT_EQ(Chosen(prefixes, "student"), "student.module.backbone.");
  EXPECT_EQ(Chosen(prefixes, "student.module"), "student.module.backbone.");
  EXPECT_EQ(Chosen(prefixes, "module.backbone"), "teacher.module.backbone.");
  EXPECT_EQ(Chosen(prefixes, "."), "");
  EXPECT_EQ(Chosen(prefixes, "stud"),
            "x.pth holds no ViT under the key \"stud\"; it holds one under "
            "\".\", \"student.module.backbone\", \"teacher.module.backbone\"");
  EXPECT_EQ(Chosen({}, "a"),
            "x.pth holds no ViT under the key \"a\"; it holds none at all that "
            "is known by its names");
}

TEST(ChooseVit, NotesAChoiceAlone) {
  EXPECT_EQ(ChooseVit({"a."}, "", "x")->note, "");
  EXPECT_EQ(ChooseVit({"a.", "ema."}, "", "x")->note,
            "of 2 ViTs in the file \"ema\" is taken; key chooses the other: "
            "\"a\"");
  EXPECT_EQ(ChooseVit({"a.", "ema."}, "a", "x")->note, "");
}

}  // namespace
}  // namespace caldera::vit
