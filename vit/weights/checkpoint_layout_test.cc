#include "vit/weights/checkpoint_layout.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/spec_fields.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/model/encoder.h"

namespace caldera::vit {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

EncoderSpec Spec() {
  EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(4);
  spec.set_channels(1);
  spec.set_embed_dim(64);
  spec.set_depth(2);
  spec.set_num_heads(1);
  spec.set_mlp_ratio(2.7);
  return spec;
}

TensorShapes ShapesOf(const StateDict& state) {
  TensorShapes shapes;
  for (const auto& [name, tensor] : state) shapes[name] = tensor.sizes().vec();
  return shapes;
}

// Returns a state dict of these shapes that takes no memory.
StateDict OfShapes(const TensorShapes& shapes) {
  StateDict state;
  for (const auto& [name, shape] : shapes) {
    state[name] = at::zeros({}).expand(shape);
  }
  return state;
}

std::string InferenceError(const StateDict& state) {
  return std::string(InferLayout(state, {}, {}, "x.pth").status().message());
}

TEST(EncoderShapes, AreThoseOfTheModule) {
  std::vector<EncoderSpec> specs(12, Spec());
  specs[6].set_layer_scale(1e-5);
  specs[7].set_register_tokens(4);
  specs[8].set_qk_norm(true);
  specs[9].set_proj_bias(false);
  specs[9].set_patch_bias(false);
  specs[10].set_pre_norm(true);
  specs[11].set_activation(EncoderSpec::SWIGLU);
  specs[11].set_mlp_ratio(4);
  specs[1].set_qkv_bias(false);
  specs[2].set_class_token(false);
  specs[3].set_position_embedding(EncoderSpec::NONE);
  specs[4].set_final_norm(false);
  specs[5].set_position_embedding(EncoderSpec::LEARNED);
  for (const EncoderSpec& spec : specs) {
    EXPECT_EQ(EncoderShapes(spec), ShapesOf(GetStateDict(Encoder(spec))));
    const absl::StatusOr<CheckpointLayout> layout =
        InferLayout(OfShapes(EncoderShapes(spec)), {}, {}, "x.pth");
    ASSERT_EQ(layout.status(), absl::OkStatus());
    EXPECT_EQ(LayoutShapes(*layout).size(),
              EncoderShapes(spec).size() + (spec.final_norm() ? 0 : 2));
  }
}

// CRATE's sizes do not follow from the tensors; a run writes them.
TEST(EncoderShapes, OfCrateBlocks) {
  EncoderSpec spec = Spec();
  ASSERT_TRUE(base::ParseSpec(
      base::SpecText(spec) + "block: CRATE crate { sparsity: 0.5 }", &spec));
  const StateDict state = GetStateDict(Encoder(spec));
  EXPECT_EQ(EncoderShapes(spec), ShapesOf(state));
  const std::string text = EncoderMetadata(spec);
  EXPECT_THAT(text, HasSubstr(" block: CRATE "));
  EXPECT_THAT(
      text,
      EndsWith("rope_theta: 100 crate { step_size: 0.1 sparsity: 0.5 } "));
  const absl::StatusOr<CheckpointLayout> layout =
      InferLayout(state, {{kEncoderMetadata, text}}, {}, "x.pth");
  ASSERT_EQ(layout.status(), absl::OkStatus());
  EXPECT_EQ(EncoderMetadata(layout->encoder), text);
  EXPECT_EQ(LayoutShapes(*layout), ShapesOf(state));
}

TEST(EncoderMetadata, SaysEverySizeAndNothingOfTraining) {
  EncoderSpec spec = Spec();
  spec.set_model("vit_tiny");
  spec.set_drop_path(0.1);
  spec.set_checkpoint_blocks(true);
  EXPECT_EQ(EncoderMetadata(spec),
            "image_size: 8 patch_size: 4 channels: 1 embed_dim: 64 depth: 2 "
            "num_heads: 1 mlp_ratio: 2.7 qkv_bias: true class_token: true "
            "position_embedding: SIN_COS final_norm: true layer_scale: 0 "
            "register_tokens: 0 qk_norm: false proj_bias: true "
            "patch_bias: true pre_norm: false activation: GELU "
            "norm_eps: 1e-06 rope_theta: 100 ");
}

// A huge model's shapes are there at once, and take no memory.
TEST(EncoderShapes, TakeNoMemory) {
  EncoderSpec spec;
  spec.set_embed_dim(16384);
  spec.set_depth(24);
  spec.set_num_heads(16);
  EXPECT_EQ(EncoderShapes(spec).at("blocks.23.mlp.fc1.weight"),
            (std::vector<int64_t>{65536, 16384}));
}

TEST(InferLayout, RecoversTheSizesOfAnEncoder) {
  Encoder encoder(Spec());
  const absl::StatusOr<CheckpointLayout> layout =
      InferLayout(GetStateDict(encoder), {}, {}, "x.pth");
  ASSERT_EQ(layout.status(), absl::OkStatus());
  EncoderSpec expected = Spec();
  expected.set_mlp_ratio(layout->encoder.mlp_ratio());
  EXPECT_EQ(EncoderMetadata(layout->encoder), EncoderMetadata(expected));
  EXPECT_EQ(static_cast<int>(64 * layout->encoder.mlp_ratio()),
            static_cast<int>(64 * 2.7));
  EXPECT_FALSE(layout->decoder.has_value());
  EXPECT_THAT(layout->assumptions,
              ElementsAre("num_heads: 1, as the published models of width 64 "
                          "have; --num_heads overrides it"));
}

TEST(InferLayout, NamesEveryTensorOfAPretrainingCheckpoint) {
  Encoder encoder(Spec());
  DecoderSpec decoder_spec;
  decoder_spec.set_embed_dim(32);
  decoder_spec.set_depth(1);
  decoder_spec.set_mlp_ratio(3);
  const auto decoder =
      PlanDecoder(decoder_spec).value()->Build({64, {2, 2}, 16, true});
  StateDict state = GetStateDict(encoder);
  state.merge(GetStateDict(*decoder));
  const absl::StatusOr<CheckpointLayout> layout =
      InferLayout(state, {}, {}, "x.pth");
  ASSERT_EQ(layout.status(), absl::OkStatus());
  ASSERT_TRUE(layout->decoder.has_value());
  EXPECT_EQ(layout->decoder->target_dim, 16);
  EXPECT_EQ(LayoutShapes(*layout), ShapesOf(state));
}

TEST(InferLayout, NamesEveryTensorOfAFineTunedModel) {
  EncoderSpec spec = Spec();
  spec.set_final_norm(false);
  TensorShapes shapes = EncoderShapes(spec);
  shapes["fc_norm.weight"] = shapes["fc_norm.bias"] = {64};
  shapes["head.weight"] = {7, 64};
  shapes["head.bias"] = {7};
  const absl::StatusOr<CheckpointLayout> layout =
      InferLayout(OfShapes(shapes), {}, {}, "x.pth");
  ASSERT_EQ(layout.status(), absl::OkStatus());
  EXPECT_EQ(layout->num_classes, 7);
  EXPECT_EQ(LayoutShapes(*layout), shapes);
}

TEST(InferLayout, KnowsThePublishedNumbersOfHeads) {
  for (const auto& [width, heads] :
       {std::pair(192, 3), std::pair(384, 6), std::pair(768, 12),
        std::pair(1024, 16), std::pair(1280, 16)}) {
    EncoderSpec spec = Spec();
    spec.set_embed_dim(width);
    const StateDict state = OfShapes(EncoderShapes(spec));
    absl::StatusOr<CheckpointLayout> layout =
        InferLayout(state, {}, {}, "x.pth");
    ASSERT_EQ(layout.status(), absl::OkStatus());
    EXPECT_EQ(layout->encoder.num_heads(), heads);
    layout = InferLayout(state, {}, 8, "x.pth");
    ASSERT_EQ(layout.status(), absl::OkStatus());
    EXPECT_EQ(layout->encoder.num_heads(), 8);
    EXPECT_THAT(layout->assumptions, IsEmpty());
  }
}

TEST(InferLayout, RoundsMlpWidthsBack) {
  for (int hidden = 1; hidden < 200; ++hidden) {
    EncoderSpec spec = Spec();
    TensorShapes shapes = EncoderShapes(spec);
    shapes["blocks.0.mlp.fc1.weight"] = {hidden, 64};
    shapes["patch_embed.proj.weight"] = {192, 1, 4, 4};
    shapes["pos_embed"] = {1, 5, 192};
    const absl::StatusOr<CheckpointLayout> layout =
        InferLayout(OfShapes(shapes), {}, {}, "x.pth");
    ASSERT_EQ(layout.status(), absl::OkStatus());
    EXPECT_EQ(EncoderShapes(layout->encoder).at("blocks.0.mlp.fc1.weight")[0],
              hidden);
  }
}

TEST(InferLayout, BelievesTheMetadataOfARun) {
  EncoderSpec spec = Spec();
  spec.set_num_heads(4);
  const StateDict state = OfShapes(EncoderShapes(spec));
  const std::map<std::string, std::string> metadata = {
      {"caldera.encoder", EncoderMetadata(spec)}};
  absl::StatusOr<CheckpointLayout> layout =
      InferLayout(state, metadata, {}, "x.pth");
  ASSERT_EQ(layout.status(), absl::OkStatus());
  EXPECT_EQ(layout->encoder.num_heads(), 4);
  EXPECT_EQ(layout->encoder.mlp_ratio(), 2.7);
  EXPECT_THAT(layout->assumptions, IsEmpty());
  layout = InferLayout(state, metadata, 2, "x.pth");
  ASSERT_EQ(layout.status(), absl::OkStatus());
  EXPECT_EQ(layout->encoder.num_heads(), 2);
}

TEST(InferLayout, TakesPositionsWithAndWithoutSpecialTokens) {
  const TensorShapes shapes = EncoderShapes(Spec());
  StateDict state = OfShapes(shapes);
  state["pos_embed"] = at::zeros({1, 4, 64});  // timm's no_embed_class
  EXPECT_EQ(InferLayout(state, {}, {}, "x")->encoder.image_size(), 8);
  state["pos_embed"] = at::zeros({1, 11, 64});  // DeiT's distilled
  state["dist_token"] = at::zeros({1, 1, 64});
  EXPECT_EQ(InferLayout(state, {}, {}, "x")->encoder.image_size(), 12);
  state.erase("pos_embed");
  const absl::StatusOr<CheckpointLayout> layout =
      InferLayout(state, {}, 1, "x");
  EXPECT_EQ(layout->encoder.image_size(), 224);
  EXPECT_THAT(layout->assumptions,
              ElementsAre("image_size: 224, because there is no pos_embed"));
}

TEST(InferLayout, RefusesWhatIsNoViT) {
  EXPECT_EQ(InferenceError({{"fc.weight", at::zeros({1})}}),
            "x.pth: it holds no ViT under the names of timm and MAE: it lacks "
            "\"patch_embed.proj.weight\"; its names begin with \"fc.weight\"");
  EXPECT_THAT(InferenceError({}), HasSubstr("begin with nothing"));
  StateDict state = OfShapes(EncoderShapes(Spec()));
  const auto with = [&](const std::string& name, at::IntArrayRef shape) {
    StateDict changed = state;
    changed[name] = at::zeros({}).expand(shape);
    return InferenceError(changed);
  };
  EXPECT_THAT(with("patch_embed.proj.weight", {64, 16}),
              HasSubstr("has the shape [64, 16], which no ViT has"));
  EXPECT_THAT(with("patch_embed.proj.weight", {64, 1, 0, 0}),
              HasSubstr("which no ViT has"));
  EXPECT_THAT(with("patch_embed.proj.weight", {64, 1, 4, 8}),
              HasSubstr("its patches are not square"));
  EXPECT_THAT(with("blocks.0.mlp.fc1.weight", {1 << 21, 0}),
              HasSubstr("which no ViT has"));
  EXPECT_THAT(
      with("pos_embed", {1, 7, 64}),
      HasSubstr("its pos_embed has 7 rows, which do not fill a square grid"));
  EXPECT_THAT(with("patch_embed.proj.weight", {100'000, 1, 4, 4}),
              HasSubstr("x.pth: "));
  state.erase("blocks.0.norm1.weight");
  EXPECT_THAT(InferenceError(state), HasSubstr("encoder.depth: 0 is not in"));
}

}  // namespace
}  // namespace caldera::vit
