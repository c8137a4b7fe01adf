#include "ssl/methods/mae_parts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "data/field_path.h"
#include "ssl/losses/make_reconstruction_loss.h"
#include "ssl/masking/make_mask_sampler.h"
#include "ssl/schedule/schedule.h"
#include "ssl/schedule/schedule_range.h"
#include "ssl/targets/make_target.h"
#include "ssl/teachers/make_teacher.h"
#include "vit/validate_vit_spec.h"

namespace caldera::ssl {
namespace {

// Every ratio that training will come to: it lies between extreme values.
absl::Status CheckRatio(const MaeSpec& spec, const MaskSampler& masking,
                        const vit::Grid& grid) {
  if (!spec.has_mask_ratio_schedule()) {
    return data::About("mask_ratio", masking.Check(grid, spec.mask_ratio()));
  }
  const Schedule& schedule = spec.mask_ratio_schedule();
  const absl::Status valid = Validate(schedule);
  if (!valid.ok()) return data::Within("mask_ratio_schedule", valid);
  for (const auto& [field, ratio] : ExtremeValues(schedule)) {
    const absl::Status status = masking.Check(grid, ratio);
    if (status.ok()) continue;
    return data::About(absl::StrCat("mask_ratio_schedule.", field), status);
  }
  if (spec.masking().has_grid()) {
    return absl::InvalidArgumentError(
        "mask_ratio_schedule: a grid mask has one ratio; set mask_ratio");
  }
  return absl::OkStatus();
}

absl::Status CheckDecoder(const MaeSpec& spec) {
  const absl::Status decoder = vit::Validate(spec.decoder());
  if (!decoder.ok()) return data::Within("decoder", decoder);
  const bool masked_only =
      spec.decoder().masked_only() ||
      spec.decoder().kind() == vit::DecoderSpec::CROSS_ATTENTION;
  if (!masked_only ||
      spec.loss().reduction() == ReconstructionLossSpec::MASKED) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "loss.reduction: ",
      ReconstructionLossSpec::Reduction_Name(spec.loss().reduction()),
      " needs predictions of visible patches, which the decoder leaves out; "
      "set decoder { masked_only: false } with a kind other than "
      "CROSS_ATTENTION"));
}

}  // namespace

vit::Grid GridOf(const vit::EncoderSpec& encoder) {
  const int64_t side = encoder.image_size() / encoder.patch_size();
  return {side, side};
}

absl::StatusOr<std::optional<vit::EncoderSpec>> MaeTeacher(
    const MaeSpec& spec, const vit::EncoderSpec& encoder) {
  if (!spec.has_teacher()) return std::optional<vit::EncoderSpec>();
  auto teacher = TeacherEncoder(spec.teacher(), encoder);
  if (!teacher.ok()) return data::Within("teacher", teacher.status());
  return std::optional<vit::EncoderSpec>(*std::move(teacher));
}

absl::StatusOr<MaeParts> MakeMaeParts(const MaeSpec& spec,
                                      const vit::EncoderSpec& encoder,
                                      const ContextRequest& request) {
  const absl::Status decoder = CheckDecoder(spec);
  if (!decoder.ok()) return decoder;
  auto masking = MakeMaskSampler(spec.masking());
  if (!masking.ok()) return data::Within("masking", masking.status());
  const absl::Status ratio = CheckRatio(spec, **masking, GridOf(encoder));
  if (!ratio.ok()) return ratio;
  auto loss = MakeReconstructionLoss(spec.loss());
  if (!loss.ok()) return data::Within("loss", loss.status());
  const auto teacher = MaeTeacher(spec, encoder);
  if (!teacher.ok()) return teacher.status();
  auto target =
      MakeTarget(spec.target(), {encoder, *teacher,
                                 spec.teacher().input() == TeacherSpec::WHOLE,
                                 spec.norm_pix_loss()});
  if (!target.ok()) return data::Within("target", target.status());
  if (spec.has_teacher() && !(*target)->reads_teacher() &&
      !request.reads_teacher()) {
    return absl::InvalidArgumentError(
        "teacher: nothing reads it; name target { teacher_features {} } or "
        "auxiliary { distillation {} }");
  }
  return MaeParts{*std::move(masking), *std::move(target), *std::move(loss)};
}

}  // namespace caldera::ssl
