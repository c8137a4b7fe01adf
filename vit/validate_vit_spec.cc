#include "vit/validate_vit_spec.h"

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check_ranges.h"
#include "base/field_check.h"

namespace caldera::vit {

absl::Status ValidateWidths(int embed_dim, int num_heads, double mlp_ratio) {
  return base::FieldCheck()
      .Require(embed_dim % 4 == 0, "embed_dim", embed_dim,
               "is not a multiple of 4, as the sine-cosine position embedding "
               "needs (sine and cosine of x and of y)")
      .Require(num_heads < 1 || embed_dim % num_heads == 0, "num_heads",
               num_heads, absl::StrCat("does not divide embed_dim ", embed_dim))
      .Require(std::floor(embed_dim * mlp_ratio) >= 1, "mlp_ratio", mlp_ratio,
               absl::StrCat("leaves no hidden unit at embed_dim ", embed_dim))
      .status();
}

absl::Status Validate(const ClassifierSpec& spec, const EncoderSpec& encoder) {
  return base::FieldCheck()
      .And(base::CheckRanges(spec))
      .Require(spec.pooling() != ClassifierSpec::CLS || encoder.class_token(),
               "pooling", "CLS",
               "needs the encoder's class_token, which is false; use MEAN")
      .status();
}

}  // namespace caldera::vit
