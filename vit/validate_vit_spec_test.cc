#include "vit/validate_vit_spec.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

namespace caldera::vit {
namespace {

template <typename Spec>
absl::Status ValidateText(const std::string& text) {
  Spec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec))
      << text;
  return Validate(spec);
}

template <typename Spec>
void ExpectRefused(const std::string& text, const std::string& message) {
  EXPECT_EQ(ValidateText<Spec>(text), absl::InvalidArgumentError(message))
      << text;
}

TEST(ValidateEncoderSpec, AcceptsWhatCanBeBuilt) {
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
    EXPECT_EQ(ValidateText<EncoderSpec>(text), absl::OkStatus()) << text;
  }
}

TEST(ValidateEncoderSpec, NamesTheFieldThatItRefuses) {
  ExpectRefused<EncoderSpec>("image_size: 0",
                             "image_size: 0 is not in [1, 8192]");
  ExpectRefused<EncoderSpec>("image_size: 8193",
                             "image_size: 8193 is not in [1, 8192]");
  ExpectRefused<EncoderSpec>("patch_size: 0",
                             "patch_size: 0 is not in [1, 8192]");
  ExpectRefused<EncoderSpec>("patch_size: -16",
                             "patch_size: -16 is not in [1, 8192]");
  ExpectRefused<EncoderSpec>("channels: 0", "channels: 0 is not in [1, 1024]");
  ExpectRefused<EncoderSpec>("channels: 1025",
                             "channels: 1025 is not in [1, 1024]");
  ExpectRefused<EncoderSpec>("image_size: 28 patch_size: 5",
                             "patch_size: 5 does not divide image_size 28");
  ExpectRefused<EncoderSpec>("image_size: 8 patch_size: 16",
                             "patch_size: 16 does not divide image_size 8");
  ExpectRefused<EncoderSpec>(
      "image_size: 1025 patch_size: 1",
      "patch_size: 1 makes 1050625 patches an image; the limit is 1048576");
}

TEST(ValidateEncoderSpec, NamesWhatTheZooHas) {
  ExpectRefused<EncoderSpec>(
      "model: \"vit_tinny\"",
      "model: \"vit_tinny\" is not in the zoo, which has vit_tiny, "
      "vit_tiny_12h, vit_small, vit_base, vit_large, vit_huge");
  ExpectRefused<EncoderSpec>("model: \"\"",
                             "model: \"\" is not in the zoo, which has "
                             "vit_tiny, vit_tiny_12h, vit_small, vit_base, "
                             "vit_large, vit_huge");
  // The model's sizes are validated with the fields that are set beside it.
  ExpectRefused<EncoderSpec>("model: \"vit_tiny\" num_heads: 5",
                             "num_heads: 5 does not divide embed_dim 192");
}

TEST(ValidateEncoderSpec, DropPathLeavesSomething) {
  for (const std::string value : {"-0.1", "1", "nan", "inf"}) {
    ExpectRefused<EncoderSpec>("drop_path: " + value,
                               "drop_path: " + value + " is not in [0, 1)");
  }
}

TEST(ValidateClassifierSpec, NamesTheFieldThatItRefuses) {
  ClassifierSpec spec;
  EncoderSpec encoder;
  EXPECT_EQ(Validate(spec, encoder), absl::OkStatus());
  encoder.set_class_token(false);
  EXPECT_EQ(Validate(spec, encoder), absl::OkStatus());
  spec.set_pooling(ClassifierSpec::CLS);
  EXPECT_EQ(Validate(spec, encoder),
            absl::InvalidArgumentError("pooling: CLS needs the encoder's "
                                       "class_token, which is false; use "
                                       "MEAN"));
  spec.set_num_classes(0);
  EXPECT_EQ(
      Validate(spec, encoder),
      absl::InvalidArgumentError("num_classes: 0 is not in [1, 1048576]"));
}

TEST(ValidateEncoderSpec, NamesTheSizeOfBlocksThatItRefuses) {
  ExpectRefused<EncoderSpec>("embed_dim: 0",
                             "embed_dim: 0 is not in [1, 16384]");
  ExpectRefused<EncoderSpec>("embed_dim: 16388",
                             "embed_dim: 16388 is not in [1, 16384]");
  ExpectRefused<EncoderSpec>("depth: 0", "depth: 0 is not in [1, 1024]");
  ExpectRefused<EncoderSpec>("depth: 1025", "depth: 1025 is not in [1, 1024]");
  ExpectRefused<EncoderSpec>("num_heads: 0",
                             "num_heads: 0 is not in [1, 16384]");
  ExpectRefused<EncoderSpec>(
      "embed_dim: 18 num_heads: 2",
      "embed_dim: 18 is not a multiple of 4, as the sine-cosine position "
      "embedding needs (sine and cosine of x and of y)");
  ExpectRefused<EncoderSpec>("embed_dim: 16 num_heads: 3",
                             "num_heads: 3 does not divide embed_dim 16");
  ExpectRefused<EncoderSpec>("mlp_ratio: 0", "mlp_ratio: 0 is not in (0, 64]");
  ExpectRefused<EncoderSpec>("mlp_ratio: -4",
                             "mlp_ratio: -4 is not in (0, 64]");
  ExpectRefused<EncoderSpec>("mlp_ratio: 64.5",
                             "mlp_ratio: 64.5 is not in (0, 64]");
  ExpectRefused<EncoderSpec>("mlp_ratio: nan",
                             "mlp_ratio: nan is not in (0, 64]");
  ExpectRefused<EncoderSpec>("mlp_ratio: inf",
                             "mlp_ratio: inf is not in (0, 64]");
}

TEST(ValidateEncoderSpec, WantsAnMlpOfAtLeastOneUnit) {
  ExpectRefused<EncoderSpec>("embed_dim: 16 num_heads: 2 mlp_ratio: 0.0624",
                             "mlp_ratio: 0.0624 leaves no hidden unit at "
                             "embed_dim 16");
  EXPECT_EQ(
      ValidateText<EncoderSpec>("embed_dim: 16 num_heads: 2 mlp_ratio: 0.0625"),
      absl::OkStatus());
}

TEST(ValidateEncoderSpec, CrateHasNumbersOfItsOwn) {
  const auto refused = [](const std::string& text, const std::string& error) {
    ExpectRefused<EncoderSpec>(text, error);
  };
  EXPECT_EQ(ValidateText<EncoderSpec>("block: CRATE crate { sparsity: 0 }"),
            absl::OkStatus());
  refused("crate { sparsity: 0.5 }",
          "crate: applies to block: CRATE only, but block is TRANSFORMER; set "
          "block: "
          "CRATE");
  refused("block: CRATE drop_path: 0.1",
          "drop_path: 0.1, but block: CRATE has no branch to drop; set 0");
  refused("block: CRATE crate { step_size: 0 }",
          "crate.step_size: 0 is not in (0, 10]");
  refused("block: CRATE crate { sparsity: nan }",
          "crate.sparsity: nan is not in [0, 100]");
}

}  // namespace
}  // namespace caldera::vit
