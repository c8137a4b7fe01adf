#include "ssl/mae/check_mae_components.h"

#include <google/protobuf/message.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

using vit::DecoderSpec;
using vit::EncoderSpec;

// Keeps the first refusal.
class Refusals {
 public:
  template <typename... Text>
  void If(bool refused, const Text&... text) {
    if (!refused || !status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(text...));
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

void CheckDecoder(const MaeComponents& of, const ContextRequest& request,
                  Refusals& refuse) {
  const MaeSpec& spec = of.spec;
  const DecoderSpec::Kind kind = spec.decoder().kind();
  const bool masked_only = spec.decoder().masked_only() ||
                           kind == DecoderSpec::CROSS_ATTENTION ||
                           kind == DecoderSpec::REGRESSOR;
  refuse.If(kind == DecoderSpec::NONE && request.prediction,
            "decoder.kind: NONE predicts nothing, but an auxiliary term reads "
            "predictions; name another kind");
  refuse.If(
      kind != DecoderSpec::NONE && masked_only &&
          !of.decoder_sizes.every_patch &&
          spec.loss().reduction() != ReconstructionLossSpec::MASKED,
      "loss.reduction: ",
      ReconstructionLossSpec::Reduction_Name(spec.loss().reduction()),
      " needs predictions of visible patches, which the decoder leaves out; "
      "set decoder { masked_only: false } with a kind other than "
      "CROSS_ATTENTION and REGRESSOR");
}

// Distances compare numbers, the cross-entropy compares ids.
void CheckIds(const MaeComponents& of, Refusals& refuse) {
  const bool ids = of.target->gives_ids();
  refuse.If(of.loss->reads_ids() != ids, "loss.",
            NameOf(of.spec.loss(), "distance", "mse"), ": compares ",
            ids ? "numbers, but target." : "ids, but target.",
            NameOf(of.spec.target(), "target", "pixels"),
            ids ? " gives ids; write loss { cross_entropy {} }"
                : " gives numbers; write target { clusters {} } or another "
                  "loss");
}

void CheckTwoViews(const MaeComponents& of, const ContextRequest& request,
                   Refusals& refuse) {
  refuse.If(request.mask || request.reads_teacher(),
            "decoder.kind: SELF_CROSS_ATTENTION masks the second view, but an "
            "auxiliary term compares its patches with the first one's; leave "
            "the term out");
  refuse.If(of.spec.has_scorer(),
            "scorer: ranks patches of one view, but decoder.kind: "
            "SELF_CROSS_ATTENTION reads two; leave one of the two out");
}

void CheckCorruption(const MaeComponents& of, Refusals& refuse) {
  const MaeSpec& spec = of.spec;
  refuse.If(spec.encoder_input() != MaeSpec::VISIBLE,
            "encoder_input: CONTEXT needs a mask, but corruption replaces it; "
            "leave one of the two out");
  refuse.If(spec.has_masking(),
            "masking: corruption replaces it; leave one of the two out");
  refuse.If(spec.has_mask_ratio_schedule(),
            "mask_ratio_schedule: corruption removes no patches; leave one of "
            "the two out");
  refuse.If(!of.corruption->replaces_patches() && !of.loss->reads_images() &&
                spec.loss().reduction() != ReconstructionLossSpec::ALL,
            "loss.reduction: ",
            ReconstructionLossSpec::Reduction_Name(spec.loss().reduction()),
            " counts by patches, but corruption replaces none; write loss { "
            "reduction: ALL } or loss { frequency {} }");
}

// Checks what needs removed patches, where none is removed.
void CheckEveryPatch(const MaeComponents& of, const ContextRequest& request,
                     Refusals& refuse) {
  const MaeSpec& spec = of.spec;
  const DecoderSpec::Kind kind = spec.decoder().kind();
  const std::string none_removed =
      of.corruption != nullptr ? "corruption" : "encoder_input: CONTEXT";
  refuse.If(kind != DecoderSpec::TRANSFORMER && kind != DecoderSpec::LINEAR &&
                kind != DecoderSpec::CRATE,
            "decoder.kind: ", DecoderSpec::Kind_Name(kind),
            " is for removed patches, but ", none_removed,
            " removes none; use LINEAR, TRANSFORMER or CRATE");
  refuse.If(spec.has_teacher() && spec.teacher().input() != TeacherSpec::WHOLE,
            "teacher.input: ", TeacherSpec::Input_Name(spec.teacher().input()),
            ", but ", none_removed,
            " gives all patches to the student; use WHOLE");
  refuse.If(spec.has_scorer(), "scorer: ranks the patches to remove, but ",
            none_removed, " removes none; leave one of the two out");
  refuse.If(request.mask, none_removed,
            ": an auxiliary term reads which patches are visible, but all are; "
            "leave the term out");
}

// Positions are no task for a model that is given position embeddings.
void CheckPositions(const MaeSpec& spec, const EncoderSpec& encoder,
                    Refusals& refuse) {
  refuse.If(spec.encoder_input() != MaeSpec::CONTEXT,
            "target.positions: needs an encoder that reads all patches; set "
            "encoder_input: CONTEXT");
  refuse.If(encoder.position_embedding() != EncoderSpec::NONE,
            "target.positions: encoder.position_embedding: ",
            EncoderSpec::PositionEmbedding_Name(encoder.position_embedding()),
            " gives them to the encoder; set NONE");
  refuse.If(spec.decoder().kind() != DecoderSpec::LINEAR,
            "target.positions: decoder.kind: ",
            DecoderSpec::Kind_Name(spec.decoder().kind()),
            " adds them to its tokens; use LINEAR");
}

// Checks a loss that compares images, not patches.
void CheckImages(const MaeComponents& of, Refusals& refuse) {
  const MaeSpec& spec = of.spec;
  const std::string loss = "loss." + NameOf(spec.loss(), "distance", "mse");
  refuse.If(of.corruption == nullptr, loss,
            ": compares full images, which are predicted only with a "
            "corruption; write corruption { frequency_mask {} }");
  refuse.If(NameOf(spec.target(), "target", "pixels") != "pixels", loss,
            ": compares images, but target does not consist of pixels; leave "
            "target out");
  refuse.If(spec.norm_pix_loss(), loss,
            ": compares images, but norm_pix_loss: true removes the patches' "
            "means; set false");
  refuse.If(spec.loss().reduction() == ReconstructionLossSpec::VISIBLE,
            "loss.reduction: VISIBLE counts patches, but ", loss,
            " counts frequencies; use MASKED (the removed ones) or ALL");
}

// Checks that scores are given and read, and that something reads the teacher.
void CheckReaders(const MaeComponents& of, const ContextRequest& request,
                  Refusals& refuse) {
  const std::string sampler = NameOf(of.spec.masking(), "sampler", "random");
  refuse.If(of.spec.has_scorer() && !of.masking->reads_scores(),
            "scorer: masking.", sampler,
            " reads no scores; write masking { scored {} }");
  refuse.If(of.masking->reads_scores() && !of.spec.has_scorer(), "masking.",
            sampler,
            ": reads scores; write scorer { teacher_attention {} } or scorer { "
            "loss_predictor {} }");
  refuse.If(request.patch_score &&
                (of.scorer == nullptr || !of.scorer->predicts_losses()),
            "scorer: an auxiliary term reads what a scorer predicts of the "
            "patches' losses, and none does; write masking { hard {} } scorer "
            "{ loss_predictor {} }");
  refuse.If(of.spec.has_teacher() && !of.target->reads_teacher() &&
                !request.reads_teacher() && of.scorer == nullptr,
            "teacher: nothing reads it; name target { teacher_features {} } or "
            "auxiliary { distillation {} }");
}

}  // namespace

std::string NameOf(const google::protobuf::Message& message, const char* choice,
                   const char* none) {
  const auto* field = message.GetReflection()->GetOneofFieldDescriptor(
      message, message.GetDescriptor()->FindOneofByName(choice));
  return field == nullptr ? none : field->name();
}

absl::Status CheckMaeComponents(const MaeComponents& components,
                                const EncoderSpec& encoder,
                                const ContextRequest& request) {
  const MaeSpec& spec = components.spec;
  const vit::DecoderSizes& sizes = components.decoder_sizes;
  Refusals refuse;
  CheckDecoder(components, request, refuse);
  CheckIds(components, refuse);
  if (sizes.memory > 0) CheckTwoViews(components, request, refuse);
  if (components.corruption != nullptr) CheckCorruption(components, refuse);
  if (sizes.every_patch) CheckEveryPatch(components, request, refuse);
  if (spec.target().has_positions()) CheckPositions(spec, encoder, refuse);
  if (components.loss->reads_images()) CheckImages(components, refuse);
  CheckReaders(components, request, refuse);
  return refuse.status();
}

}  // namespace caldera::ssl
