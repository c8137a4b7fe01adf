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

template <typename Spec>
class ValidateBlocks : public testing::Test {};
using Specs = testing::Types<DecoderSpec>;
TYPED_TEST_SUITE(ValidateBlocks, Specs);

TYPED_TEST(ValidateBlocks, NamesTheFieldThatItRefuses) {
  ExpectRefused<TypeParam>("embed_dim: 0", "embed_dim: 0 is not in [1, 16384]");
  ExpectRefused<TypeParam>("embed_dim: 16388",
                           "embed_dim: 16388 is not in [1, 16384]");
  ExpectRefused<TypeParam>("depth: 0", "depth: 0 is not in [1, 1024]");
  ExpectRefused<TypeParam>("depth: 1025", "depth: 1025 is not in [1, 1024]");
  ExpectRefused<TypeParam>("num_heads: 0", "num_heads: 0 is not in [1, 16384]");
  ExpectRefused<TypeParam>(
      "embed_dim: 18 num_heads: 2",
      "embed_dim: 18 is not a multiple of 4, as the sine-cosine position "
      "embedding needs (sine and cosine of x and of y)");
  ExpectRefused<TypeParam>("embed_dim: 16 num_heads: 3",
                           "num_heads: 3 does not divide embed_dim 16");
  ExpectRefused<TypeParam>("mlp_ratio: 0", "mlp_ratio: 0 is not in (0, 64]");
  ExpectRefused<TypeParam>("mlp_ratio: -4", "mlp_ratio: -4 is not in (0, 64]");
  ExpectRefused<TypeParam>("mlp_ratio: 64.5",
                           "mlp_ratio: 64.5 is not in (0, 64]");
  ExpectRefused<TypeParam>("mlp_ratio: nan",
                           "mlp_ratio: nan is not in (0, 64]");
  ExpectRefused<TypeParam>("mlp_ratio: inf",
                           "mlp_ratio: inf is not in (0, 64]");
}

TYPED_TEST(ValidateBlocks, WantsAnMlpOfAtLeastOneUnit) {
  ExpectRefused<TypeParam>("embed_dim: 16 num_heads: 2 mlp_ratio: 0.0624",
                           "mlp_ratio: 0.0624 leaves no hidden unit at "
                           "embed_dim 16");
  EXPECT_EQ(
      ValidateText<TypeParam>("embed_dim: 16 num_heads: 2 mlp_ratio: 0.0625"),
      absl::OkStatus());
}

TEST(ValidateDecoderSpec, ARegressorHasADepthOfItsOwn) {
  ExpectRefused<DecoderSpec>("kind: REGRESSOR regressor_depth: 0",
                             "regressor_depth: 0 is not in [1, 1024]");
  EXPECT_EQ(ValidateText<DecoderSpec>("regressor_depth: 0"),
            absl::OkStatus());  // of another kind
}

TEST(ValidateDecoderSpec, AcceptsWhatCanBeBuilt) {
  for (const std::string text :
       {"",  // MAE's decoder
        "embed_dim: 4 depth: 1 num_heads: 1 mlp_ratio: 0.25",
        "embed_dim: 16384 depth: 1024 num_heads: 16384 mlp_ratio: 64"}) {
    EXPECT_EQ(ValidateText<DecoderSpec>(text), absl::OkStatus()) << text;
  }
}

}  // namespace
}  // namespace caldera::vit
