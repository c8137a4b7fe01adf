#include "ssl/mae/mae_components.h"

#include <google/protobuf/message.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/corruption/make_corruption.h"
#include "ssl/losses/make_reconstruction_loss.h"
#include "ssl/mae/check_mae_input.h"
#include "ssl/masking/make_mask_sampler.h"
#include "ssl/schedule/schedule.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/scorers/make_patch_scorer.h"
#include "ssl/targets/make_target.h"
#include "ssl/teachers/make_teacher.h"
#include "vit/grid.h"

namespace caldera::ssl {
namespace {

// Returns the name of the field that is set in a oneof, or `none`.
std::string NameOf(const google::protobuf::Message& spec, const char* choice,
                   const char* none) {
  const auto* field = spec.GetReflection()->GetOneofFieldDescriptor(
      spec, spec.GetDescriptor()->FindOneofByName(choice));
  return field == nullptr ? none : field->name();
}

// Distances compare numbers, the cross-entropy compares ids.
absl::Status CheckIds(const MaeSpec& spec, const Target& target,
                      const ReconstructionLoss& loss) {
  if (loss.reads_ids() == target.gives_ids()) return absl::OkStatus();
  const std::string target_name = NameOf(spec.target(), "target", "pixels");
  return absl::InvalidArgumentError(absl::StrCat(
      "loss.", NameOf(spec.loss(), "distance", "mse"), ": compares ",
      loss.reads_ids() ? "ids, but target." : "numbers, but target.",
      target_name,
      target.gives_ids()
          ? " gives ids; write loss { cross_entropy {} }"
          : " gives numbers; write target { clusters {} } or another loss"));
}

// Checks every ratio of the training run by checking the extreme values of the
// schedule.
absl::Status CheckRatio(const MaeSpec& spec, const MaskSampler& masking,
                        const vit::Grid& grid) {
  if (!spec.has_mask_ratio_schedule()) {
    return base::About("mask_ratio", masking.Check(grid, spec.mask_ratio()));
  }
  const Schedule& schedule = spec.mask_ratio_schedule();
  RETURN_IF_ERROR(base::Within("mask_ratio_schedule", Validate(schedule)));
  for (const auto& [field, ratio] : ExtremeValues(schedule)) {
    RETURN_IF_ERROR(base::About(absl::StrCat("mask_ratio_schedule.", field),
                                masking.Check(grid, ratio)));
  }
  if (!masking.takes_any_ratio()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "mask_ratio_schedule: masking.", NameOf(spec.masking(), "sampler", ""),
        " has one ratio; set mask_ratio"));
  }
  return absl::OkStatus();
}

absl::Status CheckDecoder(const MaeSpec& spec, const vit::DecoderPlan& decoder,
                          const ContextRequest& request) {
  if (!decoder.predicts()) {
    return request.prediction
               ? absl::InvalidArgumentError(absl::StrCat(
                     "decoder.kind: ", vit::DecoderKind(spec.decoder()),
                     " predicts nothing, but an auxiliary term reads "
                     "predictions; name another kind"))
               : absl::OkStatus();
  }
  if (!decoder.removed_only() || SeesEveryPatch(spec) ||
      spec.loss().reduction() == ReconstructionLossSpec::MASKED) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "loss.reduction: ",
      ReconstructionLossSpec::Reduction_Name(spec.loss().reduction()),
      " needs predictions of visible patches, which the decoder leaves out; "
      "set decoder { masked_only: false } with a kind other than ",
      vit::DecoderKindsThat(&vit::DecoderPlan::removed_only, "and")));
}

// Returns null if the masking reads no scores.
absl::StatusOr<std::unique_ptr<PatchScorer>> MaeScorer(
    const MaeSpec& spec, const vit::EncoderSpec& encoder,
    const MaskSampler& masking, uint64_t seed) {
  const std::string sampler = NameOf(spec.masking(), "sampler", "random");
  if (!masking.reads_scores()) {
    if (!spec.has_scorer()) return std::unique_ptr<PatchScorer>();
    return absl::InvalidArgumentError(
        absl::StrCat("scorer: masking.", sampler,
                     " reads no scores; write masking { scored {} }"));
  }
  if (!spec.has_scorer()) {
    return absl::InvalidArgumentError(
        absl::StrCat("masking.", sampler,
                     ": reads scores; write scorer { teacher_attention {} } "
                     "or scorer { loss_predictor {} }"));
  }
  ScorerOptions options;
  options.teacher_reads_full_image =
      spec.has_teacher() && spec.teacher().input() == TeacherSpec::WHOLE;
  options.teacher_is_ema = spec.teacher().has_ema();
  options.decoder = spec.decoder();
  options.sizes = {encoder.embed_dim(), vit::GridOf(encoder), /*target_dim=*/1,
                   /*class_token=*/true};
  options.seed = seed;
  return base::Within("scorer", MakePatchScorer(spec.scorer(), options));
}

// Returns null if the spec names no corruption.
absl::StatusOr<std::unique_ptr<Corruption>> MakeMaeCorruption(
    const MaeSpec& spec, const vit::EncoderSpec& encoder) {
  if (!spec.has_corruption()) return std::unique_ptr<Corruption>();
  return base::Within("corruption", MakeCorruption(spec.corruption(), encoder));
}

}  // namespace

absl::StatusOr<std::optional<vit::EncoderSpec>> MaeTeacher(
    const MaeSpec& spec, const vit::EncoderSpec& encoder) {
  if (!spec.has_teacher()) return std::optional<vit::EncoderSpec>();
  return base::Within("teacher", TeacherEncoder(spec.teacher(), encoder));
}

absl::StatusOr<std::unique_ptr<Target>> MaeTarget(
    const MaeSpec& spec, const vit::EncoderSpec& encoder,
    const std::optional<vit::EncoderSpec>& teacher) {
  return base::Within(
      "target",
      MakeTarget(spec.target(), {encoder, teacher,
                                 spec.teacher().input() == TeacherSpec::WHOLE,
                                 spec.norm_pix_loss()}));
}

absl::StatusOr<MaeComponents> MakeMaeComponents(const MaeSpec& spec,
                                                const vit::EncoderSpec& encoder,
                                                const ContextRequest& request,
                                                uint64_t seed) {
  ASSIGN_OR_RETURN(auto decoder,
                   base::Within("decoder", vit::PlanDecoder(spec.decoder())));
  RETURN_IF_ERROR(CheckDecoder(spec, *decoder, request));
  ASSIGN_OR_RETURN(auto masking,
                   base::Within("masking", MakeMaskSampler(spec.masking())));
  if (!spec.has_corruption()) {
    RETURN_IF_ERROR(CheckRatio(spec, *masking, vit::GridOf(encoder)));
  }
  ASSIGN_OR_RETURN(auto corruption, MakeMaeCorruption(spec, encoder));
  ASSIGN_OR_RETURN(auto loss, base::Within("loss", MakeReconstructionLoss(
                                                       spec.loss(), encoder)));
  ASSIGN_OR_RETURN(const auto teacher, MaeTeacher(spec, encoder));
  ASSIGN_OR_RETURN(auto target, MaeTarget(spec, encoder, teacher));
  RETURN_IF_ERROR(CheckIds(spec, *target, *loss));
  RETURN_IF_ERROR(
      CheckMaeInput(spec, encoder, *decoder, corruption.get(), request));
  ASSIGN_OR_RETURN(auto scorer, MaeScorer(spec, encoder, *masking, seed));
  if (request.patch_score &&
      (scorer == nullptr || !scorer->predicts_losses())) {
    return absl::InvalidArgumentError(
        "scorer: an auxiliary term reads what a scorer predicts of the "
        "patches' losses, and none does; write masking { hard {} } scorer { "
        "loss_predictor {} }");
  }
  if (spec.has_teacher() && !target->reads_teacher() &&
      !request.reads_teacher() && scorer == nullptr) {
    return absl::InvalidArgumentError(
        "teacher: nothing reads it; name target { teacher_features {} } or "
        "auxiliary { distillation {} }");
  }
  return MaeComponents{std::move(decoder),    std::move(masking),
                       std::move(corruption), std::move(target),
                       std::move(loss),       std::move(scorer)};
}

}  // namespace caldera::ssl
