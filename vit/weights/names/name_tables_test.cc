#include "vit/weights/names/name_tables.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace caldera::vit {
namespace {

using testing::ElementsAre;

std::vector<std::string> Renamed(const std::vector<std::string>& names) {
  StateDict tensors;
  for (const std::string& name : names) tensors[name] = at::zeros({1});
  RenameToTimm(&tensors);
  std::vector<std::string> out;
  for (const auto& [name, unused] : tensors) out.push_back(name);
  return out;
}

TEST(RenameToTimm, LeavesTimmsNamesAlone) {
  StateDict tensors = {{"patch_embed.proj.weight", at::zeros({1})},
                       {"blocks.0.attn.qkv.weight", at::zeros({1})}};
  EXPECT_THAT(RenameToTimm(&tensors), ElementsAre());
  EXPECT_EQ(tensors.size(), 2);
}

TEST(RenameToTimm, FlattensTheChunksOfDino) {
  EXPECT_THAT(Renamed({"blocks.0.3.ls1.gamma", "blocks.11.norm1.bias",
                       "register_tokens", "mask_token"}),
              ElementsAre("blocks.11.norm1.bias", "blocks.3.ls1.gamma",
                          "mask_token", "reg_token"));
}

TEST(RenameToTimm, KnowsHuggingFacesFilesOfAllVersions) {
  const std::string landmark = "embeddings.patch_embeddings.projection.weight";
  EXPECT_THAT(
      Renamed({landmark, "layernorm.bias", "classifier.weight",
               "encoder.layer.10.attention.output.dense.weight",
               "layers.1.attention.o_proj.bias",
               "encoder.layer.0.layer_scale2.lambda1",
               "encoder.layer.0.norm2.bias",
               "decoder.decoder_layers.0.intermediate.dense.bias",
               "decoder.decoder_encoder.layer.1.output.dense.bias",
               "decoder.mask_token", "pooler.dense.weight",
               "embeddings.mask_token"}),
      ElementsAre("blocks.0.ls2.gamma", "blocks.0.norm2.bias",
                  "blocks.1.attn.proj.bias", "blocks.10.attn.proj.weight",
                  "decoder_blocks.0.mlp.fc1.bias",
                  "decoder_blocks.1.mlp.fc2.bias", "embeddings.mask_token",
                  "head.weight", "mask_token", "norm.bias",
                  "patch_embed.proj.weight", "pooler.dense.weight"));
}

TEST(RenameToTimm, JoinsQueriesKeysAndValues) {
  const std::string start = "encoder.layer.0.attention.attention.";
  StateDict tensors = {
      {"embeddings.patch_embeddings.projection.weight", at::zeros({1})},
      {start + "value.weight", at::full({2, 2}, 3)},
      {start + "query.weight", at::full({2, 2}, 1)},
      {start + "key.weight", at::full({2, 2}, 2)},
      {start + "query.bias", at::full({2}, 1)},
      {start + "value.bias", at::full({2}, 3)}};
  RenameToTimm(&tensors);
  EXPECT_TRUE(at::equal(
      tensors.at("blocks.0.attn.qkv.weight"),
      at::cat({at::full({2, 2}, 1), at::full({2, 2}, 2), at::full({2, 2}, 3)},
              0)));
  // A bias that the keys lack is zero.
  EXPECT_TRUE(at::equal(
      tensors.at("blocks.0.attn.qkv.bias"),
      at::cat({at::full({2}, 1), at::full({2}, 0), at::full({2}, 3)}, 0)));
}

TEST(RenameToTimm, KnowsTimmsEva) {
  StateDict tensors = {{"blocks.3.gamma_1", at::full({2}, 7)},
                       {"blocks.3.gamma_2", at::full({2}, 8)},
                       {"blocks.3.attn.q_bias", at::full({2}, 1)},
                       {"blocks.3.attn.v_bias", at::full({2}, 3)}};
  RenameToTimm(&tensors);
  EXPECT_TRUE(at::equal(tensors.at("blocks.3.ls1.gamma"), at::full({2}, 7)));
  EXPECT_TRUE(at::equal(tensors.at("blocks.3.ls2.gamma"), at::full({2}, 8)));
  // timm's keys have no bias, and its file no row of zeros for them.
  EXPECT_TRUE(at::equal(
      tensors.at("blocks.3.attn.qkv.bias"),
      at::cat({at::full({2}, 1), at::full({2}, 0), at::full({2}, 3)}, 0)));
  EXPECT_EQ(tensors.size(), 3);
}

TEST(RenameToTimm, KnowsOpenClipsTower) {
  StateDict tensors = {
      {"class_embedding", at::arange(4)},
      {"positional_embedding", at::zeros({5, 4})},
      {"conv1.weight", at::zeros({4, 3, 2, 2})},
      {"ln_pre.weight", at::zeros({4})},
      {"ln_post.bias", at::zeros({4})},
      {"transformer.resblocks.1.attn.in_proj_weight", at::zeros({12, 4})},
      {"transformer.resblocks.1.attn.out_proj.bias", at::zeros({4})},
      {"transformer.resblocks.1.mlp.c_fc.weight", at::zeros({16, 4})},
      {"proj", at::zeros({4, 8})}};
  RenameToTimm(&tensors);
  std::vector<std::string> names;
  for (const auto& [name, unused] : tensors) names.push_back(name);
  EXPECT_THAT(names,
              ElementsAre("blocks.1.attn.proj.bias", "blocks.1.attn.qkv.weight",
                          "blocks.1.mlp.fc1.weight", "cls_token", "norm.bias",
                          "norm_pre.weight", "patch_embed.proj.weight",
                          "pos_embed", "proj"));
  EXPECT_EQ(tensors.at("cls_token").sizes(), (at::IntArrayRef{1, 1, 4}));
  EXPECT_EQ(tensors.at("pos_embed").sizes(), (at::IntArrayRef{1, 5, 4}));
}

}  // namespace
}  // namespace caldera::vit
