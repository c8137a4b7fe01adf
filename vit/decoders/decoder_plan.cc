#include "vit/decoders/decoder_plan.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "base/check_ranges.h"
#include "base/join_words.h"
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
  return absl::AsciiStrToUpper(base::PartName(spec));
}

std::string DecoderKindsThat(bool (DecoderPlan::*property)() const,
                             absl::string_view last) {
  std::vector<std::string> kinds;
  for (const std::string& name : DecoderPart::Names()) {
    DecoderSpec spec;
    spec.set_kind(name);
    spec.set_masked_only(false);
    const auto plan = PlanDecoder(spec);
    if (plan.ok() && ((**plan).*property)()) kinds.push_back(DecoderKind(spec));
  }
  return base::JoinWords(kinds, last);
}

}  // namespace caldera::vit
