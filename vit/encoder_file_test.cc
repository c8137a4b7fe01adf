#include "vit/encoder_file.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "vit/initialization.h"
#include "vit/module_testing.h"
#include "vit/safetensors.h"
#include "vit/state_dict.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;

EncoderSpec TinySpec() {
  EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(4);
  spec.set_channels(1);
  spec.set_embed_dim(16);
  spec.set_depth(1);
  spec.set_num_heads(2);
  spec.set_mlp_ratio(2.7);
  return spec;
}

std::string Path(const std::string& name) {
  return fs::path(testing::TempDir()) / (name + ".safetensors");
}

Safetensors TinyFile() {
  Encoder encoder(TinySpec());
  InitializeVit(encoder, 0);
  const std::string path = Path("tiny");
  EXPECT_EQ(SaveEncoder(path, encoder, {}), absl::OkStatus());
  return *ReadSafetensors(path);
}

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
  EXPECT_EQ(again->encoder->spec().SerializeAsString(),
            expected.SerializeAsString());
  EXPECT_EQ(again->metadata.at("caldera.data"), "mnist");
  EXPECT_EQ(again->metadata.at("format"), "pt");
  EXPECT_FALSE(again->encoder->is_training());
  const at::Tensor images = Normal({2, 1, 8, 8}, 1).to(at::kFloat);
  EXPECT_TRUE(at::equal(again->encoder->forward(images).tokens,
                        encoder.forward(images).tokens));
}

TEST(EncoderFile, HoldsTimmsNamesAndTheSizesAsText) {
  const Safetensors file = TinyFile();
  EXPECT_EQ(file.metadata.at("caldera.encoder"),
            "image_size: 8 patch_size: 4 channels: 1 embed_dim: 16 depth: 1 "
            "num_heads: 2 mlp_ratio: 2.7 qkv_bias: true class_token: true "
            "position_embedding: SIN_COS final_norm: true ");
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

TEST(EncoderFile, RefusesFilesWithoutSizes) {
  const std::string message =
      " does not say the encoder's sizes (metadata \"caldera.encoder\"); it "
      "was not written by a run";
  Safetensors file = TinyFile();
  file.metadata.erase("caldera.encoder");
  ExpectRefused(file, message);
  for (const std::string text : {"image_size", "image_size: 8 no_such: 1"}) {
    file.metadata["caldera.encoder"] = text;
    ExpectRefused(file, message);
  }
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
  file.tensors["head.bias"] = at::zeros({10});
  ExpectRefused(file, " holds the tensor \"head.bias\", which the model lacks");
}

TEST(EncoderFile, PassesOnTheErrorsOfTheFile) {
  EXPECT_EQ(LoadEncoder(Path("missing")).status(),
            absl::NotFoundError(absl::StrCat("cannot open ", Path("missing"),
                                             ": No such file or directory")));
}

}  // namespace
}  // namespace caldera::vit
