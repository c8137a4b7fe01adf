#include "ssl/terms/latent_alignment_loss.h"

#include <ATen/ops/mse_loss.h>

#include "absl/strings/str_cat.h"
#include "ssl/losses/at_least_float32.h"
#include "vit/decoders/decoder_plan.h"

namespace caldera::ssl {

absl::StatusOr<std::unique_ptr<LatentAlignmentLoss>>
LatentAlignmentLoss::Create(const ModelSizes& sizes) {
  if (!sizes.decoder_has_latents) {
    return absl::InvalidArgumentError(absl::StrCat(
        "latent_alignment: the method predicts no latents; write mae { decoder "
        "{ kind: ",
        vit::DecoderKindsThat(&vit::DecoderPlan::gives_latents), " } }"));
  }
  if (!sizes.teacher.has_value() ||
      sizes.teacher_input != ModelSizes::TeacherInput::kMasked) {
    return absl::InvalidArgumentError(
        "latent_alignment: no teacher reads the removed patches; write mae "
        "{ teacher { input: MASKED ema { momentum { constant: 0 } } } }");
  }
  if (sizes.teacher->embed_dim() != sizes.encoder.embed_dim()) {
    return absl::InvalidArgumentError(
        absl::StrCat("latent_alignment: mae.decoder predicts latents of ",
                     sizes.encoder.embed_dim(),
                     " features, the encoder's, but mae.teacher "
                     "has ",
                     sizes.teacher->embed_dim()));
  }
  return std::make_unique<LatentAlignmentLoss>();
}

ContextRequest LatentAlignmentLoss::request() const {
  ContextRequest request;
  request.decoder_latents = true;
  request.teacher_tokens = true;
  return request;
}

AuxiliaryOutput LatentAlignmentLoss::Compute(const StepContext& context,
                                             bool /*with_diagnostics*/) {
  // Both are [B, Nm, D] in the order of mask.ids_remove; the teacher's CLS
  // token has no counterpart.
  return {
      at::mse_loss(AtLeastFloat32(context.decoder_latents),
                   AtLeastFloat32(context.teacher_tokens.slice(1, 1).detach())),
      {},
      {}};
}

}  // namespace caldera::ssl
