#include "vit/validate_vit_spec.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/field_check.h"
#include "vit/zoo.h"

namespace caldera::vit {
namespace {

// These limits are far above any published model; they keep a typing error from
// asking the machine for terabytes.
constexpr int kMaxImageSize = 8192;
constexpr int kMaxWidth = 16384;
constexpr int kMaxDepth = 1024;
constexpr int kMaxPatches = 1 << 20;
constexpr int kMaxClasses = 1 << 20;

absl::Status ValidateCrate(const EncoderSpec& spec) {
  if (spec.block() != EncoderSpec::CRATE) {
    if (!spec.has_crate()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "crate: applies to block: CRATE only, but block is TRANSFORMER; set "
        "block: "
        "CRATE");
  }
  if (spec.drop_path() > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("drop_path: ", spec.drop_path(),
                     ", but block: CRATE has no branch to drop; set 0"));
  }
  return base::FieldCheck()
      .AboveUpTo("crate.step_size", spec.crate().step_size(), 0, 10)
      .InRange("crate.sparsity", spec.crate().sparsity(), 0, 100)
      .status();
}

std::string ZooNames() {
  return absl::StrJoin(Zoo(), ", ",
                       [](std::string* out, const ZooModel& model) {
                         absl::StrAppend(out, model.name);
                       });
}

}  // namespace

absl::Status Validate(const EncoderSpec& given) {
  if (given.has_model() && FindModel(given.model()) == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("model: \"", given.model(),
                     "\" is not in the zoo, which has ", ZooNames()));
  }
  const EncoderSpec spec = ResolveModel(given);
  const int64_t image = spec.image_size(), patch = spec.patch_size();
  const int64_t side = image / std::max<int64_t>(patch, 1);
  return base::FieldCheck()
      .InRange("image_size", image, 1, kMaxImageSize)
      .InRange("patch_size", patch, 1, kMaxImageSize)
      .InRange("channels", spec.channels(), 1, 1024)
      .Require(side * patch == image, "patch_size", patch,
               absl::StrCat("does not divide image_size ", image))
      .Require(side * side <= kMaxPatches, "patch_size", patch,
               absl::StrCat("makes ", side * side,
                            " patches an image; the limit is ", kMaxPatches))
      .Below("drop_path", spec.drop_path(), 0, 1)
      .And(ValidateCrate(spec))
      .InRange("embed_dim", spec.embed_dim(), 1, kMaxWidth)
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
      .InRange("num_classes", spec.num_classes(), 1, kMaxClasses)
      .Require(spec.pooling() != ClassifierSpec::CLS || encoder.class_token(),
               "pooling", "CLS",
               "needs the encoder's class_token, which is false; use MEAN")
      .status();
}

}  // namespace caldera::vit
