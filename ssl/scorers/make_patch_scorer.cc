#include "ssl/scorers/make_patch_scorer.h"

#include "ssl/scorers/teacher_attention.h"

namespace caldera::ssl {

absl::StatusOr<std::unique_ptr<PatchScorer>> MakePatchScorer(
    const PatchScorerSpec& spec, const ScorerOptions& options) {
  switch (spec.kind_case()) {
    case PatchScorerSpec::kTeacherAttention:
      if (!options.teacher_sees_whole) {
        return absl::InvalidArgumentError(
            "teacher_attention: needs a teacher that sees the whole image; "
            "write mae { teacher { input: WHOLE frozen { encoder: \"...\" } "
            "} }");
      }
      return std::make_unique<TeacherAttention>();
    case PatchScorerSpec::kLossPredictor:
      return absl::UnimplementedError("loss_predictor: not built");
    case PatchScorerSpec::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "teacher_attention: no scorer is named; write teacher_attention {}");
}

}  // namespace caldera::ssl
