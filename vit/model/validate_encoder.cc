#include "vit/model/validate_encoder.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check_ranges.h"
#include "base/field_check.h"
#include "base/status.h"
#include "vit/blocks/block_plan.h"
#include "vit/validate_vit_spec.h"
#include "vit/zoo.h"

namespace caldera::vit {
namespace {

// This limit and the ranges of vit.proto are far above any published model;
// they keep a typing error from asking the machine for terabytes.
constexpr int64_t kMaxPatches = 1 << 20;

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
  RETURN_IF_ERROR(base::CheckRanges(spec));
  const int64_t image = spec.image_size(), patch = spec.patch_size();
  const int64_t side = image / patch;
  RETURN_IF_ERROR(
      base::FieldCheck()
          .Require(side * patch == image, "patch_size", patch,
                   absl::StrCat("does not divide image_size ", image))
          .Require(
              side * side <= kMaxPatches, "patch_size", patch,
              absl::StrCat("makes ", side * side,
                           " patches an image; the limit is ", kMaxPatches))
          .And(ValidateWidths(spec.embed_dim(), spec.num_heads(),
                              spec.mlp_ratio()))
          .status());
  return PlanBlocks(spec).status();
}

}  // namespace caldera::vit
