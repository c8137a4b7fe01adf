#include "vit/weights/encoder_file.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "vit/model/initialization.h"
#include "vit/module_testing.h"
#include "vit/state_dict.h"
#include "vit/weights/safetensors.h"
#include "vit/weights/tiny_file_testing.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;

void ExpectRefused(const Safetensors& file, const std::string& message) {
  const std::string path = Path("refused");
  ASSERT_EQ(WriteSafetensors(path, file), absl::OkStatus());
  EXPECT_EQ(LoadEncoder(path).status(),
            absl::InvalidArgumentError(path + message));
}

TEST(EncoderFile, RoundTripsForwardSpecAndMetadata) {
  Encoder encoder(TinySpec());
  InitializeVit(encoder, 0);
  const std::string path = Path("round_trip");
  ASSERT_EQ(SaveEncoder(path, encoder, {{"caldera.data", "mnist"}}),
            absl::OkStatus());
  const absl::StatusOr<LoadedEncoder> again = LoadEncoder(path);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EncoderSpec expected = TinySpec();
  expected.set_qkv_bias(true);
  expected.set_class_token(true);
  expected.set_position_embedding(EncoderSpec::SIN_COS);
  expected.set_final_norm(true);
  // The metadata states every field that a forward pass reads.
  expected.set_layer_scale(0);
  expected.set_register_tokens(0);
  expected.set_qk_norm(false);
  expected.set_proj_bias(true);
  expected.set_patch_bias(true);
  expected.set_pre_norm(false);
  expected.set_activation(EncoderSpec::GELU);
  expected.set_norm_eps(1e-6);
  expected.set_rope_theta(100);
  EXPECT_EQ(again->encoder->spec().SerializeAsString(),
            expected.SerializeAsString());
  EXPECT_EQ(again->metadata.at("caldera.data"), "mnist");
  EXPECT_EQ(again->metadata.at("format"), "pt");
  EXPECT_FALSE(again->encoder->is_training());
  const at::Tensor images = Normal({2, 1, 8, 8}, 1).to(at::kFloat);
  EXPECT_TRUE(at::equal(again->encoder->forward(images).tokens,
                        encoder.forward(images).tokens));
}

TEST(EncoderFile, TellsItsSizesBeforeItIsLoaded) {
  Encoder encoder(TinySpec());
  InitializeVit(encoder, 0);
  const std::string path = Path("opened");
  ASSERT_EQ(SaveEncoder(path, encoder, {}), absl::OkStatus());
  const absl::StatusOr<EncoderFile> file = OpenEncoder(path);
  ASSERT_EQ(file.status(), absl::OkStatus());
  EXPECT_EQ(file->path, path);
  EXPECT_EQ(file->spec.depth(), 1);
  EXPECT_EQ(file->tensors.size(), GetStateDict(encoder).size());
  const auto loaded = file->Load();
  ASSERT_EQ(loaded.status(), absl::OkStatus());
  const at::Tensor images = Normal({2, 1, 8, 8}, 1).to(at::kFloat);
  EXPECT_TRUE(at::equal((*loaded)->forward(images).tokens,
                        encoder.forward(images).tokens));
}

TEST(EncoderFile, HoldsTimmsNamesAndTheSizesAsText) {
  const Safetensors file = TinyFile();
  EXPECT_EQ(file.metadata.at("caldera.encoder"),
            "image_size: 8 patch_size: 4 channels: 1 embed_dim: 16 depth: 1 "
            "num_heads: 2 mlp_ratio: 2.7 qkv_bias: true class_token: true "
            "position_embedding: SIN_COS final_norm: true layer_scale: 0 "
            "register_tokens: 0 qk_norm: false proj_bias: true "
            "patch_bias: true pre_norm: false activation: GELU "
            "norm_eps: 1e-06 rope_theta: 100 ");
  const StateDict state = GetStateDict(Encoder(TinySpec()));
  ASSERT_EQ(file.tensors.size(), state.size());
  for (const auto& [name, tensor] : state) {
    ASSERT_EQ(file.tensors.count(name), 1) << name;
    EXPECT_EQ(file.tensors.at(name).sizes(), tensor.sizes()) << name;
  }
}

TEST(EncoderFile, LoadsAsFloat) {
  Encoder encoder(TinySpec());
  InitializeVit(encoder, 0);
  const std::string path = Path("double");
  encoder.to(at::kDouble);
  ASSERT_EQ(SaveEncoder(path, encoder, {}), absl::OkStatus());
  const absl::StatusOr<LoadedEncoder> again = LoadEncoder(path);
  ASSERT_EQ(again.status(), absl::OkStatus());
  for (const auto& [name, tensor] : GetStateDict(*again->encoder)) {
    EXPECT_EQ(tensor.scalar_type(), at::kFloat) << name;
    EXPECT_TRUE(
        at::equal(tensor, GetStateDict(encoder).at(name).to(at::kFloat)))
        << name;
  }
}

TEST(EncoderFile, RefusesMetadataThatAreNoSizes) {
  Safetensors file = TinyFile();
  for (const std::string text : {"image_size", "image_size: 8 no_such: 1"}) {
    file.metadata["caldera.encoder"] = text;
    ExpectRefused(file,
                  ": its metadata \"caldera.encoder\" is not text of "
                  "an EncoderSpec");
  }
}

TEST(EncoderFile, AsksForHeadsWhereNothingTellsThem) {
  Safetensors file = TinyFile();
  file.metadata.erase("caldera.encoder");
  ExpectRefused(file,
                ": it does not say the number of attention heads, and width "
                "16 is not that of a published model; give --num_heads");
  const absl::StatusOr<LoadedEncoder> loaded = LoadEncoder(Path("refused"), 2);
  ASSERT_EQ(loaded.status(), absl::OkStatus());
  EXPECT_EQ(loaded->encoder->spec().num_heads(), 2);
  EXPECT_EQ(loaded->encoder->spec().position_embedding(), EncoderSpec::SIN_COS);
}

// testdata/timm_vit.safetensors holds the weights of a model that timm 1.0.31
// built, and its tokens after the final norm (make_pth.py).
TEST(EncoderFile, ComputesWhatTimmDoesFromTimmsFiles) {
  const absl::StatusOr<Safetensors> timm =
      ReadSafetensors("vit/weights/testdata/timm_vit.safetensors");
  ASSERT_EQ(timm.status(), absl::OkStatus());
  for (const std::string name :
       {"bare.pth", "protocol5.pth", "legacy.pth", "training.pth",
        "state_dict.pth", "teacher.pth", "encoder_prefix.pth",
        "timm_vit.safetensors"}) {
    const absl::StatusOr<LoadedEncoder> loaded =
        LoadEncoder("vit/weights/testdata/" + name, 2);
    ASSERT_EQ(loaded.status(), absl::OkStatus()) << name;
    EXPECT_EQ(loaded->encoder->spec().position_embedding(),
              EncoderSpec::LEARNED);
    const at::Tensor tokens =
        loaded->encoder->forward(timm->tensors.at("test.images")).tokens;
    EXPECT_TRUE(
        at::allclose(tokens, timm->tensors.at("test.tokens"), 1e-5, 1e-5))
        << name;
  }
}

TEST(EncoderFile, SaysWhatItAssumedAndDropped) {
  Encoder encoder(TinySpec());
  InitializeVit(encoder, 0);
  StateDict state = GetStateDict(encoder);
  state["dist_token"] = at::zeros({1, 1, 16});
  state["pos_embed"] =
      at::cat({state["pos_embed"].slice(1, 0, 1), at::zeros({1, 1, 16}),
               state["pos_embed"].slice(1, 1)},
              1);
  const std::string path = Path("distilled");
  ASSERT_EQ(WriteSafetensors(path, {state, {}}), absl::OkStatus());
  const absl::StatusOr<LoadedEncoder> loaded = LoadEncoder(path, 2);
  ASSERT_EQ(loaded.status(), absl::OkStatus());
  EXPECT_EQ(loaded->notes, std::vector<std::string>{
                               "pos_embed: without the distillation token's "
                               "row"});
  EXPECT_TRUE(at::equal(GetStateDict(*loaded->encoder).at("pos_embed"),
                        GetStateDict(encoder).at("pos_embed")));
}

TEST(EncoderFile, RefusesSizesOfWhichNoEncoderCanBeBuilt) {
  Safetensors file = TinyFile();
  file.metadata["caldera.encoder"] = "image_size: 8 patch_size: 3";
  ExpectRefused(file, ": encoder.patch_size: 3 does not divide image_size 8");
}

TEST(EncoderFile, RefusesTensorsThatDoNotFitTheSizes) {
  Safetensors file = TinyFile();
  file.tensors["cls_token"] = at::zeros({1, 1, 8});
  ExpectRefused(file,
                ": tensor \"cls_token\" has the shape [1, 1, 8], the model "
                "needs [1, 1, 16]");
  file = TinyFile();
  file.tensors.erase("norm.bias");
  ExpectRefused(file, " lacks the tensor \"norm.bias\"");
  file = TinyFile();
  file = TinyFile();
  file.tensors["blocks.0.ls1.gamma"] = at::zeros({16});
  ExpectRefused(file,
                " holds the tensor \"blocks.0.ls1.gamma\", which the model "
                "lacks: it is another kind of ViT");
  file = TinyFile();
  file.tensors["pos_embed"] = at::zeros({1, 10, 16});
  ExpectRefused(file, ": its pos_embed has 10 rows, its own metadata need 5");
}

TEST(EncoderFile, LeavesDecoderAndHeadAside) {
  Safetensors file = TinyFile();
  for (const std::string name :
       {"head.bias", "decoder_pred.bias", "mask_token", "projector.0.weight"}) {
    file.tensors[name] = at::zeros({10});
  }
  ASSERT_EQ(WriteSafetensors(Path("aside"), file), absl::OkStatus());
  EXPECT_EQ(LoadEncoder(Path("aside")).status(), absl::OkStatus());
}

// testdata/make_published.py made these files and what their models compute.
TEST(EncoderFile, ComputesWhatPublishedLibrariesDo) {
  const std::string folder = "vit/weights/testdata/published/";
  const auto expected = ReadSafetensors(folder + "expected.safetensors");
  ASSERT_EQ(expected.status(), absl::OkStatus());
  for (const auto& [file, key, name] :
       {std::tuple("hf_mae", "", "hf_mae"), std::tuple("hf_vit", "", "hf_vit"),
        std::tuple("dino.pth", "", "teacher"),
        std::tuple("dino.pth", "student", "student")}) {
    // The folders' config.json tells the heads.
    const std::optional<int> heads =
        std::string(file) == "dino.pth" ? std::optional<int>(4) : std::nullopt;
    const auto loaded = LoadEncoder(folder + file, heads, key);
    ASSERT_EQ(loaded.status(), absl::OkStatus()) << file;
    EXPECT_EQ(loaded->encoder->spec().num_heads(), 4) << file;
    const at::Tensor tokens =
        loaded->encoder->forward(expected->tensors.at("images")).tokens;
    EXPECT_TRUE(at::allclose(tokens, expected->tensors.at(name), 1e-5, 1e-5))
        << name << " differs by up to "
        << (tokens - expected->tensors.at(name)).abs().max().item<double>();
  }
}

TEST(EncoderFile, PassesOnTheErrorsOfTheFile) {
  EXPECT_EQ(LoadEncoder(Path("missing")).status(),
            absl::NotFoundError(absl::StrCat("cannot open ", Path("missing"),
                                             ": No such file or directory")));
}

}  // namespace
}  // namespace caldera::vit
