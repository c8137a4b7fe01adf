#include "ssl/mae/check_mae_input.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

using vit::DecoderPlan;
using vit::EncoderSpec;

template <typename... Parts>
absl::Status Refused(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// Returns the field that keeps every patch.
std::string NoneRemoved(const MaeSpec& spec) {
  return spec.has_corruption() ? "corruption" : "encoder_input: CONTEXT";
}

absl::Status CheckCorruption(const MaeSpec& spec,
                             const Corruption& corruption) {
  if (spec.encoder_input() != MaeSpec::VISIBLE) {
    return Refused(
        "encoder_input: CONTEXT needs a mask, but corruption replaces it; "
        "leave one of the two out");
  }
  if (spec.has_masking()) {
    return Refused("masking: corruption replaces it; leave one of the two out");
  }
  if (spec.has_mask_ratio_schedule()) {
    return Refused(
        "mask_ratio_schedule: corruption removes no patches; leave "
        "one of the two out");
  }
  const bool counts_all =
      corruption.replaces_patches() || spec.loss().has_frequency() ||
      spec.loss().reduction() == ReconstructionLossSpec::ALL;
  if (counts_all) return absl::OkStatus();
  return Refused(
      "loss.reduction: ",
      ReconstructionLossSpec::Reduction_Name(spec.loss().reduction()),
      " counts by patches, but corruption replaces none; write loss { "
      "reduction: ALL } or loss { frequency {} }");
}

absl::Status CheckEveryPatch(const MaeSpec& spec, const DecoderPlan& decoder,
                             const ContextRequest& request) {
  if (!decoder.takes_every_patch()) {
    return Refused("decoder.kind: ", vit::DecoderKind(spec.decoder()),
                   " is for removed patches, but ", NoneRemoved(spec),
                   " removes none; use ",
                   vit::DecoderKindsThat(&DecoderPlan::takes_every_patch));
  }
  if (spec.has_teacher() && spec.teacher().input() != TeacherSpec::WHOLE) {
    return Refused(
        "teacher.input: ", TeacherSpec::Input_Name(spec.teacher().input()),
        ", but ", NoneRemoved(spec),
        " gives all patches to the student; use WHOLE");
  }
  if (spec.has_scorer()) {
    return Refused("scorer: ranks the patches to remove, but ",
                   NoneRemoved(spec),
                   " removes none; leave one of the two out");
  }
  if (request.mask) {
    return Refused(NoneRemoved(spec),
                   ": an auxiliary term reads which patches are visible, but "
                   "all are; leave the term out");
  }
  return absl::OkStatus();
}

// Positions are no task for a model that is given position embeddings.
absl::Status CheckPositions(const MaeSpec& spec, const EncoderSpec& encoder,
                            const DecoderPlan& decoder) {
  if (spec.encoder_input() != MaeSpec::CONTEXT) {
    return Refused(
        "target.positions: needs an encoder that reads all patches; set "
        "encoder_input: CONTEXT");
  }
  if (encoder.position_embedding() != EncoderSpec::NONE) {
    return Refused(
        "target.positions: encoder.position_embedding: ",
        EncoderSpec::PositionEmbedding_Name(encoder.position_embedding()),
        " gives them to the encoder; set NONE");
  }
  if (!decoder.without_positions()) {
    return Refused(
        "target.positions: decoder.kind: ", vit::DecoderKind(spec.decoder()),
        " adds them to its tokens; use ",
        vit::DecoderKindsThat(&DecoderPlan::without_positions));
  }
  return absl::OkStatus();
}

absl::Status CheckFrequencyLoss(const MaeSpec& spec) {
  if (!spec.has_corruption()) {
    return Refused(
        "loss.frequency: compares full images, which are predicted only with "
        "a corruption; write corruption { frequency_mask {} }");
  }
  if (spec.target().target_case() != TargetSpec::TARGET_NOT_SET &&
      !spec.target().has_pixels()) {
    return Refused(
        "loss.frequency: compares images, but target does not consist of "
        "pixels; leave target out");
  }
  if (spec.norm_pix_loss()) {
    return Refused(
        "loss.frequency: compares images, but norm_pix_loss: true removes the "
        "patches' means; set false");
  }
  if (spec.loss().reduction() == ReconstructionLossSpec::VISIBLE) {
    return Refused(
        "loss.reduction: VISIBLE counts patches, but loss.frequency counts "
        "frequencies; use MASKED (the removed ones) or ALL");
  }
  return absl::OkStatus();
}

}  // namespace

bool SeesEveryPatch(const MaeSpec& spec) {
  return spec.has_corruption() || spec.encoder_input() == MaeSpec::CONTEXT;
}

absl::Status CheckMaeInput(const MaeSpec& spec, const EncoderSpec& encoder,
                           const DecoderPlan& decoder,
                           const Corruption* corruption,
                           const ContextRequest& request) {
  absl::Status status;
  const std::string kind = vit::DecoderKind(spec.decoder());
  if (decoder.reads_memory() && (request.mask || request.reads_teacher())) {
    status.Update(Refused(
        "decoder.kind: ", kind,
        " masks the second view, but an "
        "auxiliary term compares its patches with the first one's; leave the "
        "term out"));
  }
  if (decoder.reads_memory() && spec.has_scorer()) {
    status.Update(
        Refused("scorer: ranks patches of one view, but decoder.kind: ", kind,
                " reads two; leave one of the two out"));
  }
  if (corruption != nullptr) status.Update(CheckCorruption(spec, *corruption));
  if (SeesEveryPatch(spec)) {
    status.Update(CheckEveryPatch(spec, decoder, request));
  }
  if (spec.target().has_positions()) {
    status.Update(CheckPositions(spec, encoder, decoder));
  }
  if (spec.loss().has_frequency()) status.Update(CheckFrequencyLoss(spec));
  return status;
}

}  // namespace caldera::ssl
