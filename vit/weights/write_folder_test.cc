#include "vit/weights/write_folder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "vit/model/encoder.h"
#include "vit/model/initialization.h"
#include "vit/state_dict.h"
#include "vit/weights/checkpoint_layout.h"
#include "vit/weights/encoder_file.h"
#include "vit/weights/weights_file.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;

EncoderSpec TinySpec() {
  EncoderSpec spec;
  spec.set_image_size(8);
  spec.set_patch_size(4);
  spec.set_channels(1);
  spec.set_embed_dim(16);
  spec.set_depth(2);
  spec.set_num_heads(8);
  spec.set_mlp_ratio(2.5);
  return spec;
}

std::string Folder(const std::string& name) {
  return fs::path(testing::TempDir()) / name;
}

// What is written is read again as the same encoder. By hand, the folders were
// opened by transformers and timm too (docs/weights.md).
TEST(WriteFolder, IsReadAgain) {
  Encoder encoder(TinySpec());
  InitializeVit(encoder, 0);
  const StateDict state = GetStateDict(encoder);
  ASSERT_EQ(WriteHuggingFace(Folder("hf"), TinySpec(), state),
            absl::OkStatus());
  ASSERT_EQ(WriteTimm(Folder("timm"), TinySpec(), state), absl::OkStatus());
  for (const std::string name : {"hf", "timm"}) {
    // The config.json of Hugging Face tells the heads.
    const auto loaded = LoadEncoder(
        Folder(name), name == "hf" ? std::nullopt : std::optional<int>(8));
    ASSERT_EQ(loaded.status(), absl::OkStatus()) << name;
    EXPECT_EQ(loaded->encoder->spec().num_heads(), 8);
    const StateDict again = GetStateDict(*loaded->encoder);
    ASSERT_EQ(again.size(), state.size());
    for (const auto& [tensor, value] : state) {
      EXPECT_TRUE(at::equal(again.at(tensor), value)) << name << " " << tensor;
    }
  }
  std::ifstream hf(Folder("hf") + "/config.json");
  const auto config = nlohmann::json::parse(hf);
  EXPECT_EQ(config["model_type"], "vit");
  EXPECT_EQ(config["intermediate_size"], 40);
  EXPECT_EQ(config["layer_norm_eps"], 1e-6);
  std::ifstream timm(Folder("timm") + "/config.json");
  EXPECT_EQ(nlohmann::json::parse(timm)["model_args"]["num_heads"], 8);
}

TEST(WriteFolder, TheNormsEpsilonIsReadAgain) {
  EncoderSpec spec = TinySpec();
  spec.set_norm_eps(1e-12);  // the default of the class of transformers
  Encoder encoder(spec);
  ASSERT_EQ(
      WriteHuggingFace(Folder("eps"), encoder.spec(), GetStateDict(encoder)),
      absl::OkStatus());
  const auto loaded = LoadEncoder(Folder("eps"));
  ASSERT_EQ(loaded.status(), absl::OkStatus());
  EXPECT_EQ(loaded->encoder->spec().norm_eps(), 1e-12);
}

TEST(WriteFolder, AMaeIsReadAgainWithItsDecoder) {
  CheckpointLayout layout;
  layout.encoder = TinySpec();
  layout.decoder = {/*embed_dim=*/32, /*depth=*/2, /*hidden_dim=*/64,
                    /*target_dim=*/16, /*qkv_bias=*/true};
  StateDict tensors;
  int64_t seed = 0;
  for (const auto& [name, shape] : LayoutShapes(layout)) {
    ++seed;
    tensors[name] =
        at::arange(seed, seed + c10::multiply_integers(shape), at::kFloat)
            .reshape(shape);
  }
  EXPECT_EQ(WriteHuggingFaceMae(Folder("mae"), layout.encoder, *layout.decoder,
                                /*decoder_heads=*/5, tensors),
            absl::InvalidArgumentError("--decoder_num_heads=5 does not divide "
                                       "the decoder's width, 32"));
  ASSERT_EQ(WriteHuggingFaceMae(Folder("mae"), layout.encoder, *layout.decoder,
                                /*decoder_heads=*/4, tensors),
            absl::OkStatus());
  const auto again = LoadWeights(Folder("mae"));
  ASSERT_EQ(again.status(), absl::OkStatus());
  ASSERT_EQ(again->tensors.size(), tensors.size());
  for (const auto& [name, value] : tensors) {
    ASSERT_EQ(again->tensors.count(name), 1) << name;
    EXPECT_TRUE(at::equal(again->tensors.at(name), value)) << name;
  }
  std::ifstream file(Folder("mae") + "/config.json");
  const auto config = nlohmann::json::parse(file);
  EXPECT_EQ(config["architectures"][0], "ViTMAEForPreTraining");
  EXPECT_EQ(config["decoder_num_attention_heads"], 4);
  EXPECT_EQ(config["decoder_intermediate_size"], 64);
}

TEST(WriteFolder, RefusesWhatTheLibrariesLack) {
  EncoderSpec spec = TinySpec();
  spec.set_final_norm(false);
  EXPECT_EQ(WriteHuggingFace(Folder("no"), spec, {}),
            absl::InvalidArgumentError("--format: the class of transformers "
                                       "has no model without the final norm"));
  spec = TinySpec();
  spec.set_class_token(false);
  EXPECT_EQ(
      WriteTimm(Folder("no"), spec, {}),
      absl::InvalidArgumentError(
          "--format: the class of timm has no model without a CLS token"));
  EXPECT_EQ(WriteTimm(Folder("no"), TinySpec(), {}),
            absl::InvalidArgumentError("the model lacks the tensor "
                                       "\"blocks.0.attn.proj.bias\""));
  EXPECT_FALSE(fs::exists(Folder("no")));
}

}  // namespace
}  // namespace caldera::vit
