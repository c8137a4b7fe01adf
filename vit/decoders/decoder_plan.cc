#include "vit/decoders/decoder_plan.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/check_ranges.h"
#include "base/status.h"
#include "vit/validate_vit_spec.h"

namespace caldera::vit {

absl::StatusOr<std::unique_ptr<DecoderPlan>> PlanDecoder(
    const DecoderSpec& spec) {
  RETURN_IF_ERROR(base::CheckRanges(spec));
  RETURN_IF_ERROR(
      ValidateWidths(spec.embed_dim(), spec.num_heads(), spec.mlp_ratio()));
  return DecoderPart::Create(spec, spec);
}

std::string DecoderKind(const DecoderSpec& spec) {
  return absl::AsciiStrToUpper(DecoderPart::NameOf(spec));
}

std::string DecoderKindsThat(bool (DecoderPlan::*property)() const,
                             absl::string_view last) {
  std::string kinds, latest;  // the latest kind, and those before it
  for (const std::string& name : DecoderPart::Names()) {
    DecoderSpec spec;
    spec.set_kind(name);
    spec.set_masked_only(false);
    const auto plan = PlanDecoder(spec);
    if (!plan.ok() || !((**plan).*property)()) continue;
    if (!latest.empty()) {
      absl::StrAppend(&kinds, kinds.empty() ? "" : ", ", latest);
    }
    latest = DecoderKind(spec);
  }
  return kinds.empty() ? latest : absl::StrCat(kinds, " ", last, " ", latest);
}

}  // namespace caldera::vit
