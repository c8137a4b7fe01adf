#include "ssl/scorers/make_patch_scorer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/scorers/loss_predictor.h"
#include "ssl/scorers/patch_scorer.h"
#include "vit/decoders/decoder_plan.h"

namespace caldera::ssl {
namespace {

// MaskAlign's scores: the attention that the CLS token of a teacher's last
// block pays to each patch, averaged over the heads; all are above 0.
// Source: Xue et al., Stare at What You See, CVPR 2023;
// OpenDriveLab/maskalign, models_pretrain.py, forward_encoder.
class TeacherAttention : public PatchScorer {
 public:
  bool reads_attention() const override { return true; }
  at::Tensor Score(const TeacherOutput& teacher) const override {
    // The attention is paid by the CLS token to all other tokens.
    return teacher.attention.select(2, 0).slice(2, 1).mean(1);
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<PatchScorer>> MakePatchScorer(
    const PatchScorerSpec& spec, const ScorerOptions& options) {
  switch (spec.kind_case()) {
    case PatchScorerSpec::kTeacherAttention:
      if (!options.teacher_reads_full_image) {
        return absl::InvalidArgumentError(
            "teacher_attention: needs a teacher that reads the full image; "
            "write mae { teacher { input: WHOLE frozen { encoder: \"...\" } "
            "} }");
      }
      return std::make_unique<TeacherAttention>();
    case PatchScorerSpec::kLossPredictor: {
      if (!options.teacher_reads_full_image || !options.teacher_is_ema) {
        return absl::InvalidArgumentError(
            "loss_predictor: needs a moving average of the encoder that reads "
            "the full image; write mae { teacher { input: WHOLE ema {} } }");
      }
      ASSIGN_OR_RETURN(const auto decoder, vit::PlanDecoder(options.decoder));
      if (!decoder->takes_every_patch()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "loss_predictor: copies the kind of mae.decoder, but ",
            vit::DecoderKind(options.decoder),
            " predicts nothing for visible patches; use ",
            vit::DecoderKindsThat(&vit::DecoderPlan::takes_every_patch)));
      }
      return base::Within(
          "loss_predictor",
          LossPredictor::Create(spec.loss_predictor(), options.decoder,
                                options.sizes, options.seed));
    }
    case PatchScorerSpec::kCustom: {
      return base::Within("custom",
                          CustomPatchScorer::Create(spec.custom(), options));
    }
    case PatchScorerSpec::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "teacher_attention: no scorer is named; write teacher_attention {}, "
      "loss_predictor {} or custom {}");
}

}  // namespace caldera::ssl
