#include "vit/validate_vit_spec.h"

#include <cmath>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "vit/zoo.h"

namespace caldera::vit {
namespace {

// Far above any published model; keeps a slip of the keyboard from asking the
// machine for terabytes.
constexpr int kMaxImageSize = 8192;
constexpr int kMaxWidth = 16384;
constexpr int kMaxDepth = 1024;
constexpr int kMaxPatches = 1 << 20;
constexpr int kMaxClasses = 1 << 20;

absl::Status InRange(absl::string_view field, int value, int max) {
  if (value >= 1 && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is not in [1, ", max, "]"));
}

// What both transformers ask of their width, depth and heads.
absl::Status ValidateBlocks(int embed_dim, int depth, int num_heads,
                            double mlp_ratio) {
  for (const absl::Status& status :
       {InRange("embed_dim", embed_dim, kMaxWidth),
        InRange("depth", depth, kMaxDepth),
        InRange("num_heads", num_heads, kMaxWidth)}) {
    if (!status.ok()) return status;
  }
  if (embed_dim % 4 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("embed_dim: ", embed_dim,
                     " is not a multiple of 4, as the sine-cosine position "
                     "embedding needs (sine and cosine of x and of y)"));
  }
  if (embed_dim % num_heads != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "num_heads: ", num_heads, " does not divide embed_dim ", embed_dim));
  }
  if (!(mlp_ratio > 0 && mlp_ratio <= 64)) {
    return absl::InvalidArgumentError(
        absl::StrCat("mlp_ratio: ", mlp_ratio, " is not in (0, 64]"));
  }
  if (std::floor(embed_dim * mlp_ratio) < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("mlp_ratio: ", mlp_ratio,
                     " leaves no hidden unit at embed_dim ", embed_dim));
  }
  return absl::OkStatus();
}

absl::Status ValidateCrate(const EncoderSpec& spec) {
  if (spec.block() != EncoderSpec::CRATE) {
    if (!spec.has_crate()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "crate: is of CRATE blocks, but block is TRANSFORMER; set block: "
        "CRATE");
  }
  if (spec.drop_path() > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("drop_path: ", spec.drop_path(),
                     ", but block: CRATE has no branch to drop; set 0"));
  }
  const double step = spec.crate().step_size(),
               sparsity = spec.crate().sparsity();
  if (!(step > 0 && step <= 10)) {
    return absl::InvalidArgumentError(
        absl::StrCat("crate.step_size: ", step, " is not in (0, 10]"));
  }
  if (!(sparsity >= 0 && sparsity <= 100)) {
    return absl::InvalidArgumentError(
        absl::StrCat("crate.sparsity: ", sparsity, " is not in [0, 100]"));
  }
  return absl::OkStatus();
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
  for (const absl::Status& status :
       {InRange("image_size", spec.image_size(), kMaxImageSize),
        InRange("patch_size", spec.patch_size(), kMaxImageSize),
        InRange("channels", spec.channels(), 1024)}) {
    if (!status.ok()) return status;
  }
  if (spec.image_size() % spec.patch_size() != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("patch_size: ", spec.patch_size(),
                     " does not divide image_size ", spec.image_size()));
  }
  const int side = spec.image_size() / spec.patch_size();
  if (side * side > kMaxPatches) {
    return absl::InvalidArgumentError(
        absl::StrCat("patch_size: ", spec.patch_size(), " makes ", side * side,
                     " patches an image; the limit is ", kMaxPatches));
  }
  if (!(spec.drop_path() >= 0 && spec.drop_path() < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("drop_path: ", spec.drop_path(), " is not in [0, 1)"));
  }
  const absl::Status crate = ValidateCrate(spec);
  if (!crate.ok()) return crate;
  return ValidateBlocks(spec.embed_dim(), spec.depth(), spec.num_heads(),
                        spec.mlp_ratio());
}

absl::Status Validate(const DecoderSpec& spec) {
  if (spec.kind() == DecoderSpec::REGRESSOR) {
    const absl::Status depth =
        InRange("regressor_depth", spec.regressor_depth(), kMaxDepth);
    if (!depth.ok()) return depth;
  }
  return ValidateBlocks(spec.embed_dim(), spec.depth(), spec.num_heads(),
                        spec.mlp_ratio());
}

absl::Status Validate(const ClassifierSpec& spec, const EncoderSpec& encoder) {
  const absl::Status classes =
      InRange("num_classes", spec.num_classes(), kMaxClasses);
  if (!classes.ok()) return classes;
  if (spec.pooling() == ClassifierSpec::CLS && !encoder.class_token()) {
    return absl::InvalidArgumentError(
        "pooling: CLS needs the encoder's class_token, which is false; use "
        "MEAN");
  }
  return absl::OkStatus();
}

}  // namespace caldera::vit
