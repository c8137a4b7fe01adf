#include "vit/validate_vit_spec.h"

#include <gtest/gtest.h>

namespace caldera::vit {
namespace {

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

}  // namespace
}  // namespace caldera::vit
