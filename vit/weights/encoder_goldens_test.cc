// Compares encoders of published models' kinds with timm's, from which the
// files come (testdata/make_timm_vits.py).
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "vit/state_dict.h"
#include "vit/weights/encoder_file.h"
#include "vit/weights/safetensors.h"
#include "vit/weights/weights_file.h"

namespace caldera::vit {
namespace {

using testing::Contains;
using testing::StartsWith;

std::string Path(const std::string& name) {
  return absl::StrCat("vit/weights/testdata/timm_", name, ".safetensors");
}

class Goldens : public testing::TestWithParam<std::string> {};

TEST_P(Goldens, TokensAreTimms) {
  const auto file = LoadWeights(Path(GetParam()));
  ASSERT_EQ(file.status(), absl::OkStatus());
  const auto loaded = LoadEncoder(Path(GetParam()), /*num_heads=*/2);
  ASSERT_EQ(loaded.status(), absl::OkStatus());
  const at::Tensor images = file->tensors.at("golden.images");
  const at::Tensor expected = file->tensors.at("golden.tokens");
  const at::Tensor tokens = loaded->encoder->forward(images).tokens;
  ASSERT_EQ(tokens.sizes(), expected.sizes());
  const double error = (tokens - expected).abs().max().item<double>();
  EXPECT_LT(error, 1e-5);
}

// A file that is saved again is the same encoder.
TEST_P(Goldens, SavedAgainIsTheSameEncoder) {
  const auto loaded = LoadEncoder(Path(GetParam()), /*num_heads=*/2);
  ASSERT_EQ(loaded.status(), absl::OkStatus());
  const std::string path = testing::TempDir() + "/again.safetensors";
  ASSERT_EQ(SaveEncoder(path, *loaded->encoder, {}), absl::OkStatus());
  const auto again = LoadEncoder(path);
  ASSERT_EQ(again.status(), absl::OkStatus());
  const at::Tensor images = at::zeros({1, 3, 21, 21});
  EXPECT_TRUE(again->encoder->forward(images).tokens.equal(
      loaded->encoder->forward(images).tokens));
}

INSTANTIATE_TEST_SUITE_P(Timm, Goldens,
                         testing::Values("dinov2", "dinov2_registers", "swiglu",
                                         "qk_norm", "no_bias", "no_class_token",
                                         "clip", "clip_openai", "dinov3"),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

// timm's own file of DINOv3 has other names, and no periods.
TEST(Goldens, TimmsNamesOfDinov3AreTheSameEncoder) {
  const auto authors = LoadWeights(Path("dinov3"));
  ASSERT_EQ(authors.status(), absl::OkStatus());
  StateDict timms;
  for (const auto& [name, tensor] : authors->tensors) {
    if (absl::StartsWith(name, "golden.") || name == "rope_embed.periods") {
      continue;
    }
    if (absl::EndsWith(name, ".attn.qkv.bias")) {
      const std::string attention = name.substr(0, name.size() - 8);
      const std::vector<at::Tensor> parts = tensor.chunk(3);
      ASSERT_EQ(parts[1].abs().max().item<double>(), 0);
      timms[attention + "q_bias"] = parts[0].clone();
      timms[attention + "v_bias"] = parts[2].clone();
      continue;
    }
    timms[absl::StrReplaceAll(
        name, {{"ls1.gamma", "gamma_1"}, {"ls2.gamma", "gamma_2"}})] = tensor;
  }
  const std::string path = testing::TempDir() + "/dinov3.safetensors";
  ASSERT_EQ(WriteSafetensors(path, {timms, {}}), absl::OkStatus());
  const auto loaded = LoadEncoder(path, /*num_heads=*/2);
  ASSERT_EQ(loaded.status(), absl::OkStatus());
  const auto expected = LoadEncoder(Path("dinov3"), /*num_heads=*/2);
  ASSERT_EQ(expected.status(), absl::OkStatus());
  // No embedding of positions tells the grid.
  const int side = loaded->encoder->spec().image_size();
  const at::Tensor images = at::ones({1, 3, side, side});
  EXPECT_TRUE(loaded->encoder->forward(images).tokens.equal(
      expected->encoder->forward(images).tokens));
}

TEST(Goldens, SayWhatIsAssumed) {
  const auto clip = LoadEncoder(Path("clip"), /*num_heads=*/2);
  ASSERT_EQ(clip.status(), absl::OkStatus());
  EXPECT_THAT(clip->notes, Contains(StartsWith("activation: GELU")));
  EXPECT_THAT(clip->notes, Contains(StartsWith("norm_eps: 1e-5")));
}

}  // namespace
}  // namespace caldera::vit
