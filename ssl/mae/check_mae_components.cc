#include "ssl/mae/check_mae_components.h"

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/part.h"
#include "vit/decoders/decoder_plan.h"

namespace caldera::ssl {
namespace {

using vit::DecoderPlan;
using vit::EncoderSpec;

// A list of kinds of decoders, which is made only where a text needs it.
struct KindsThat {
  bool (DecoderPlan::*property)() const;
  const char* last = "or";
};

std::string Text(const KindsThat& kinds) {
  return vit::DecoderKindsThat(kinds.property, kinds.last);
}
template <typename T>
const T& Text(const T& text) {
  return text;
}

// Keeps the first refusal.
class Refusals {
 public:
  template <typename... Parts>
  void If(bool refused, const Parts&... parts) {
    if (!refused || !status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(Text(parts)...));
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

}  // namespace

std::string NameOf(const google::protobuf::Message& spec) {
  const absl::StatusOr<base::PartChoice> choice = base::FindPart(spec);
  if (!choice.ok()) return "";
  return choice->field.empty() ? choice->name : choice->field;
}

absl::Status CheckMaeComponents(const MaeComponents& of,
                                const EncoderSpec& encoder,
                                const ContextRequest& request) {
  const MaeSpec& spec = of.spec;
  const std::string loss = "loss." + NameOf(spec.loss());
  const std::string target = NameOf(spec.target());
  const std::string masking = "masking." + NameOf(spec.masking());
  const ReconstructionLossSpec::Reduction reduction = spec.loss().reduction();
  const std::string& reduction_name =
      ReconstructionLossSpec::Reduction_Name(reduction);
  const DecoderPlan& decoder = *of.decoder_plan;
  const std::string kind = vit::DecoderKind(spec.decoder());
  Refusals refuse;

  // The decoder predicts what is read.
  refuse.If(!decoder.predicts() && request.prediction, "decoder.kind: ", kind,
            " predicts nothing, but an auxiliary term reads predictions; name "
            "another kind");
  const bool every_patch = of.decoder_sizes.every_patch;
  refuse.If(decoder.predicts() && decoder.removed_only() && !every_patch &&
                reduction != ReconstructionLossSpec::MASKED,
            "loss.reduction: ", reduction_name,
            " needs predictions of visible patches, which the decoder leaves "
            "out; set decoder { masked_only: false } with a kind other than ",
            KindsThat{&DecoderPlan::removed_only, "and"});

  // Distances compare numbers, the cross-entropy compares ids.
  refuse.If(of.loss->reads_ids() && !of.target->gives_ids(), loss,
            ": compares ids, but target.", target,
            " gives numbers; write target { clusters {} } or another loss");
  refuse.If(!of.loss->reads_ids() && of.target->gives_ids(), loss,
            ": compares numbers, but target.", target,
            " gives ids; write loss { cross_entropy {} }");

  const bool two_views = of.decoder_sizes.memory > 0;
  refuse.If(two_views && (request.mask || request.reads_teacher()),
            "decoder.kind: ", kind,
            " masks the second view, but an auxiliary term compares its "
            "patches with the first one's; leave the term out");
  refuse.If(two_views && spec.has_scorer(),
            "scorer: ranks patches of one view, but decoder.kind: ", kind,
            " reads two; leave one of the two out");

  const bool corrupts = of.corruption != nullptr;
  refuse.If(corrupts && spec.encoder_input() != MaeSpec::VISIBLE,
            "encoder_input: CONTEXT needs a mask, but corruption replaces it; "
            "leave one of the two out");
  refuse.If(corrupts && spec.has_masking(),
            "masking: corruption replaces it; leave one of the two out");
  refuse.If(corrupts && spec.has_mask_ratio_schedule(),
            "mask_ratio_schedule: corruption removes no patches; leave one of "
            "the two out");
  refuse.If(corrupts && !of.corruption->replaces_patches() &&
                !of.loss->reads_images() &&
                reduction != ReconstructionLossSpec::ALL,
            "loss.reduction: ", reduction_name,
            " counts by patches, but corruption replaces none; write loss { "
            "reduction: ALL } or loss { frequency {} }");

  // What is for removed patches, where none is removed.
  const std::string input = corrupts ? "corruption" : "encoder_input: CONTEXT";
  refuse.If(every_patch && !decoder.takes_every_patch(), "decoder.kind: ", kind,
            " is for removed patches, but ", input, " removes none; use ",
            KindsThat{&DecoderPlan::takes_every_patch});
  refuse.If(every_patch && spec.has_teacher() &&
                spec.teacher().input() != TeacherSpec::WHOLE,
            "teacher.input: ", TeacherSpec::Input_Name(spec.teacher().input()),
            ", but ", input, " gives all patches to the student; use WHOLE");
  refuse.If(every_patch && spec.has_scorer(),
            "scorer: ranks the patches to remove, but ", input,
            " removes none; leave one of the two out");
  refuse.If(every_patch && request.mask, input,
            ": an auxiliary term reads which patches are visible, but all are; "
            "leave the term out");

  // Positions are no task for a model that is given position embeddings.
  const bool positions = base::PartName(spec.target()) == "positions";
  refuse.If(positions && spec.encoder_input() != MaeSpec::CONTEXT,
            "target.positions: needs an encoder that reads all patches; set "
            "encoder_input: CONTEXT");
  refuse.If(positions && encoder.position_embedding() != EncoderSpec::NONE,
            "target.positions: encoder.position_embedding: ",
            EncoderSpec::PositionEmbedding_Name(encoder.position_embedding()),
            " gives them to the encoder; set NONE");
  refuse.If(positions && !decoder.without_positions(),
            "target.positions: decoder.kind: ", kind,
            " adds them to its tokens; use ",
            KindsThat{&DecoderPlan::without_positions});

  // A loss of images, not of patches.
  const bool images = of.loss->reads_images();
  refuse.If(images && !corrupts, loss,
            ": compares full images, which are predicted only with a "
            "corruption; write corruption { frequency_mask {} }");
  refuse.If(images && base::PartName(spec.target()) != "pixels", loss,
            ": compares images, but target does not consist of pixels; leave "
            "target out");
  refuse.If(images && spec.norm_pix_loss(), loss,
            ": compares images, but norm_pix_loss: true removes the patches' "
            "means; set false");
  refuse.If(images && reduction == ReconstructionLossSpec::VISIBLE,
            "loss.reduction: VISIBLE counts patches, but ", loss,
            " counts frequencies; use MASKED (the removed ones) or ALL");

  // Scores are given and read, and something reads the teacher.
  refuse.If(spec.has_scorer() && !of.masking->reads_scores(),
            "scorer: ", masking,
            " reads no scores; write masking { scored {} }");
  refuse.If(!spec.has_scorer() && of.masking->reads_scores(), masking,
            ": reads scores; write scorer { teacher_attention {} } or scorer { "
            "loss_predictor {} }");
  const bool scores = of.scorer != nullptr;
  refuse.If(request.patch_score && !(scores && of.scorer->predicts_losses()),
            "scorer: an auxiliary term reads what a scorer predicts of the "
            "patches' losses, and none does; write masking { hard {} } scorer "
            "{ loss_predictor {} }");
  refuse.If(spec.has_teacher() && !scores && !of.target->reads_teacher() &&
                !request.reads_teacher(),
            "teacher: nothing reads it; name target { teacher_features {} } or "
            "auxiliary { distillation {} }");
  return refuse.status();
}

}  // namespace caldera::ssl
