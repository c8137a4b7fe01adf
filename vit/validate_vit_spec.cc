#include "vit/validate_vit_spec.h"

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check_ranges.h"
#include "base/field_check.h"

namespace caldera::vit {
namespace {

// These limits are far above any published model; they keep a typing error from
// asking the machine for terabytes.
constexpr int kMaxWidth = 16384;
constexpr int kMaxDepth = 1024;

}  // namespace

absl::Status Validate(const DecoderSpec& spec) {
  base::FieldCheck check;
  if (spec.kind() == DecoderSpec::REGRESSOR) {
    check.InRange("regressor_depth", spec.regressor_depth(), 1, kMaxDepth);
  }
  return check.InRange("embed_dim", spec.embed_dim(), 1, kMaxWidth)
      .InRange("depth", spec.depth(), 1, kMaxDepth)
      .InRange("num_heads", spec.num_heads(), 1, kMaxWidth)
      .AboveUpTo("mlp_ratio", spec.mlp_ratio(), 0, 64)
      .And(ValidateWidths(spec.embed_dim(), spec.num_heads(), spec.mlp_ratio()))
      .status();
}

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
