#include "ssl/mae/make_masked_autoencoder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/corruption/make_corruption.h"
#include "ssl/losses/make_reconstruction_loss.h"
#include "ssl/mae/check_mae_components.h"
#include "ssl/mae/corrupted_autoencoder.h"
#include "ssl/mae/siamese_autoencoder.h"
#include "ssl/masking/make_mask_sampler.h"
#include "ssl/schedule/schedule.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/scorers/make_patch_scorer.h"
#include "ssl/targets/make_target.h"
#include "ssl/teachers/make_teacher.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/grid.h"
#include "vit/model/initialization.h"

namespace caldera::ssl {
namespace {

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
  if (masking.takes_any_ratio()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "mask_ratio_schedule: masking.", NameOf(spec.masking(), "sampler", ""),
      " has one ratio; set mask_ratio"));
}

absl::StatusOr<std::unique_ptr<PatchScorer>> MaeScorer(
    const MaeSpec& spec, const vit::EncoderSpec& encoder, uint64_t seed) {
  ScorerOptions options;
  options.teacher_reads_full_image =
      spec.has_teacher() && spec.teacher().input() == TeacherSpec::WHOLE;
  options.teacher_is_ema = spec.teacher().has_ema();
  options.decoder = spec.decoder();
  options.sizes = {encoder.embed_dim(), vit::GridOf(encoder), /*target_dim=*/1,
                   /*class_token=*/true};
  options.seed = seed;
  return MakePatchScorer(spec.scorer(), options);
}

// Returns the teacher with what target, scorer and terms read of it.
absl::StatusOr<MaskedTeacher> BuildTeacher(const MaeComponents& components,
                                           const ContextRequest& request) {
  const TeacherSpec& spec = components.spec.teacher();
  ASSIGN_OR_RETURN(auto teacher, MakeTeacher(spec, *components.encoder));
  TeacherRequest reads;
  reads.taps = request.teacher_taps;
  reads.taps.merge(components.target->teacher_taps());
  reads.with_attention =
      components.scorer != nullptr && components.scorer->reads_attention();
  return MaskedTeacher(std::move(teacher), spec.input(), reads);
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
  const vit::Grid grid = vit::GridOf(encoder);
  MaeComponents made;
  made.spec = spec;
  ASSIGN_OR_RETURN(made.decoder_plan,
                   base::Within("decoder", vit::PlanDecoder(spec.decoder())));
  ASSIGN_OR_RETURN(made.masking,
                   base::Within("masking", MakeMaskSampler(spec.masking())));
  if (spec.has_corruption()) {
    ASSIGN_OR_RETURN(
        made.corruption,
        base::Within("corruption", MakeCorruption(spec.corruption(), encoder)));
  } else {
    RETURN_IF_ERROR(CheckRatio(spec, *made.masking, grid));
  }
  ASSIGN_OR_RETURN(made.loss, base::Within("loss", MakeReconstructionLoss(
                                                       spec.loss(), encoder)));
  ASSIGN_OR_RETURN(const auto teacher, MaeTeacher(spec, encoder));
  ASSIGN_OR_RETURN(made.target, MaeTarget(spec, encoder, teacher));
  made.decoder_sizes = {
      encoder.embed_dim(),
      grid,
      made.target->dim(),
      /*class_token=*/true,
      /*every_patch=*/spec.has_corruption() ||
          spec.encoder_input() == MaeSpec::CONTEXT,
      /*memory=*/made.decoder_plan->reads_memory() ? 1 + grid.size() : 0};
  if (spec.has_scorer() && made.masking->reads_scores()) {
    ASSIGN_OR_RETURN(made.scorer,
                     base::Within("scorer", MaeScorer(spec, encoder, seed)));
  }
  RETURN_IF_ERROR(CheckMaeComponents(made, encoder, request));
  return made;
}

absl::StatusOr<std::shared_ptr<MaskedAutoencoder>> BuildMaskedAutoencoder(
    MaeComponents components, const vit::EncoderSpec& encoder,
    ContextRequest request, uint64_t seed) {
  const MaeSpec& spec = components.spec;
  components.encoder = std::make_shared<vit::Encoder>(encoder);
  vit::InitializeVit(*components.encoder, seed);
  if (components.decoder_plan->predicts()) {
    components.decoder =
        components.decoder_plan->Build(components.decoder_sizes);
    vit::InitializeVit(*components.decoder, seed);
  }
  if (spec.has_teacher()) {
    ASSIGN_OR_RETURN(components.teacher, BuildTeacher(components, request));
  }
  if (components.corruption != nullptr) {
    return CorruptedAutoencoder(std::move(components), std::move(request),
                                seed);
  }
  if (components.decoder_sizes.memory > 0) {
    return SiameseAutoencoder(std::move(components), std::move(request), seed);
  }
  return std::make_shared<MaskedAutoencoder>(std::move(components),
                                             std::move(request), seed);
}

}  // namespace caldera::ssl
