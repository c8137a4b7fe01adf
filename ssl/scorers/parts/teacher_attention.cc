// MaskAlign's scores: the attention that the CLS token of a teacher's last
// block pays to each patch, averaged over the heads; all are above 0.
//
// Source: Xue et al., Stare at What You See, CVPR 2023;
// OpenDriveLab/maskalign, models_pretrain.py, forward_encoder.
#include "ssl/scorers/patch_scorer.h"

namespace caldera::ssl {
namespace {

class TeacherAttention : public PatchScorer {
 public:
  bool reads_attention() const override { return true; }
  at::Tensor Score(const TeacherOutput& teacher) const override {
    // The attention is paid by the CLS token to all other tokens.
    return teacher.attention.select(2, 0).slice(2, 1).mean(1);
  }
};

const bool kTeacherAttention = PatchScorerPart::Register<TeacherAttentionSpec>(
    {"teacher_attention", "What the teacher's CLS token looks at (MaskAlign)."},
    [](const TeacherAttentionSpec&,
       const ScorerOptions& options) -> PatchScorerPart::Result {
      if (options.teacher_reads_full_image &&
          !options.teacher_has_class_token) {
        return absl::InvalidArgumentError(
            ": reads what the teacher's CLS token looks at, and the teacher "
            "has none; name another teacher or scorer");
      }
      if (options.teacher_reads_full_image) {
        return std::make_unique<TeacherAttention>();
      }
      return absl::InvalidArgumentError(
          ": needs a teacher that reads the full image; write mae { teacher { "
          "input: WHOLE frozen { encoder: \"...\" } } }");
    });

}  // namespace
}  // namespace caldera::ssl
