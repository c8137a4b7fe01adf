#include "vit/model/validate_encoder.h"

#include <gtest/gtest.h>

#include <string>

#include "base/spec_fields.h"

namespace caldera::vit {
namespace {

absl::Status ValidateText(const std::string& text) {
  EncoderSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec)) << text;
  return Validate(spec);
}

void ExpectRefused(const std::string& text, const std::string& message) {
  EXPECT_EQ(ValidateText(text), absl::InvalidArgumentError(message)) << text;
}

TEST(ValidateEncoder, AcceptsWhatCanBeBuilt) {
  for (const std::string text :
       {"",  // ViT-B/16
        "image_size: 32 patch_size: 4 embed_dim: 192 num_heads: 3",
        "image_size: 1 patch_size: 1 channels: 1 embed_dim: 4 depth: 1 "
        "num_heads: 1 mlp_ratio: 0.25",
        "image_size: 1024 patch_size: 1 channels: 1024 embed_dim: 16384 "
        "depth: 1024 num_heads: 16384 mlp_ratio: 64",
        "image_size: 8192 patch_size: 8", "model: \"vit_huge\" patch_size: 14",
        "model: \"vit_tiny\" num_heads: 12 drop_path: 0.999",
        "position_embedding: NONE class_token: false qkv_bias: false"}) {
    EXPECT_EQ(ValidateText(text), absl::OkStatus()) << text;
  }
}

TEST(ValidateEncoder, NamesTheFieldThatItRefuses) {
  ExpectRefused("image_size: 0", "image_size: 0 is not in [1, 8192]");
  ExpectRefused("image_size: 8193", "image_size: 8193 is not in [1, 8192]");
  ExpectRefused("patch_size: 0", "patch_size: 0 is not in [1, 8192]");
  ExpectRefused("patch_size: -16", "patch_size: -16 is not in [1, 8192]");
  ExpectRefused("channels: 0", "channels: 0 is not in [1, 1024]");
  ExpectRefused("channels: 1025", "channels: 1025 is not in [1, 1024]");
  ExpectRefused("image_size: 28 patch_size: 5",
                "patch_size: 5 does not divide image_size 28");
  ExpectRefused("image_size: 8 patch_size: 16",
                "patch_size: 16 does not divide image_size 8");
  ExpectRefused(
      "image_size: 1025 patch_size: 1",
      "patch_size: 1 makes 1050625 patches an image; the limit is 1048576");
}

TEST(ValidateEncoder, NamesWhatTheZooHas) {
  ExpectRefused("model: \"vit_tinny\"",
                "model: \"vit_tinny\" is not in the zoo, which has vit_tiny, "
                "vit_tiny_12h, vit_small, vit_base, vit_large, vit_huge");
  ExpectRefused("model: \"\"",
                "model: \"\" is not in the zoo, which has "
                "vit_tiny, vit_tiny_12h, vit_small, vit_base, "
                "vit_large, vit_huge");
  // The model's sizes are validated with the fields that are set beside it.
  ExpectRefused("model: \"vit_tiny\" num_heads: 5",
                "num_heads: 5 does not divide embed_dim 192");
}

TEST(ValidateEncoder, DropPathLeavesSomething) {
  for (const std::string value : {"-0.1", "1", "nan", "inf"}) {
    ExpectRefused("drop_path: " + value,
                  "drop_path: " + value + " is not in [0, 1)");
  }
}

TEST(ValidateEncoder, NamesTheSizeOfBlocksThatItRefuses) {
  ExpectRefused("embed_dim: 0", "embed_dim: 0 is not in [1, 16384]");
  ExpectRefused("embed_dim: 16388", "embed_dim: 16388 is not in [1, 16384]");
  ExpectRefused("depth: 0", "depth: 0 is not in [1, 1024]");
  ExpectRefused("depth: 1025", "depth: 1025 is not in [1, 1024]");
  ExpectRefused("num_heads: 0", "num_heads: 0 is not in [1, 16384]");
  ExpectRefused(
      "embed_dim: 18 num_heads: 2",
      "embed_dim: 18 is not a multiple of 4, as the sine-cosine position "
      "embedding needs (sine and cosine of x and of y)");
  ExpectRefused("embed_dim: 16 num_heads: 3",
                "num_heads: 3 does not divide embed_dim 16");
  ExpectRefused("mlp_ratio: 0", "mlp_ratio: 0 is not in (0, 64]");
  ExpectRefused("mlp_ratio: -4", "mlp_ratio: -4 is not in (0, 64]");
  ExpectRefused("mlp_ratio: 64.5", "mlp_ratio: 64.5 is not in (0, 64]");
  ExpectRefused("mlp_ratio: nan", "mlp_ratio: nan is not in (0, 64]");
  ExpectRefused("mlp_ratio: inf", "mlp_ratio: inf is not in (0, 64]");
}

TEST(ValidateEncoder, WantsAnMlpOfAtLeastOneUnit) {
  ExpectRefused("embed_dim: 16 num_heads: 2 mlp_ratio: 0.0624",
                "mlp_ratio: 0.0624 leaves no hidden unit at "
                "embed_dim 16");
  EXPECT_EQ(ValidateText("embed_dim: 16 num_heads: 2 mlp_ratio: 0.0625"),
            absl::OkStatus());
}

TEST(ValidateEncoder, KnowsTheBlocksThatAreRegistered) {
  EXPECT_EQ(ValidateText("block: TRANSFORMER"), absl::OkStatus());
  EXPECT_EQ(ValidateText("block: \"transformer\""), absl::OkStatus());
  ExpectRefused("block: TRANSFORMR",
                "block: \"TRANSFORMR\" is not a registered part of this kind; "
                "did you mean \"TRANSFORMER\"?");
  ExpectRefused("custom { name: transformr }",
                "custom.name: \"transformr\" is not a registered part of this "
                "kind; did you mean \"transformer\"?");
}

}  // namespace
}  // namespace caldera::vit
