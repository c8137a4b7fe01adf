// CAE's alignment: the latents that the regressor predicts for the removed
// patches must match those of a teacher that reads only these patches.
//
// With `teacher { input: MASKED ema { momentum { constant: 0 } } }` the teacher
// is the encoder itself without gradient, as in the authors' code, which gives
// the term a weight of 2.
//
// Source: Chen et al., Context Autoencoder for Self-Supervised Representation
// Learning, IJCV 2023 (arXiv 2202.03026), section 3.3; Atten4Vis/CAE,
// engine_for_pretraining.py.
#include <ATen/ops/mse_loss.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "ssl/losses/at_least_float32.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/decoders/decoder_plan.h"

namespace caldera::ssl {
namespace {

class LatentAlignmentLoss : public AuxiliaryLoss {
 public:
  std::string name() const override { return "latent_alignment"; }
  ContextRequest request() const override {
    ContextRequest request;
    request.decoder_latents = true;
    request.teacher_tokens = true;
    return request;
  }
  // Returns the mean of squared differences over removed patches and features.
  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    // Both are [B, Nm, D] in the order of mask.ids_remove; the teacher's CLS
    // token has no counterpart.
    return {at::mse_loss(AtLeastFloat32(context.decoder_latents),
                         AtLeastFloat32(context.teacher_tokens
                                            .slice(1, context.teacher_prefix)
                                            .detach())),
            {},
            {}};
  }
};

const bool kLatentAlignment = AuxiliaryLossPart::Register<LatentAlignmentSpec>(
    {"latent_alignment", "Predicted latents must match a teacher's (CAE)."},
    [](const LatentAlignmentSpec&,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (!sizes.decoder_has_latents) {
        return absl::InvalidArgumentError(absl::StrCat(
            ": the method predicts no latents; write mae { decoder { kind: ",
            vit::DecoderKindsThat(&vit::DecoderPlan::gives_latents), " } }"));
      }
      if (!sizes.teacher.has_value() ||
          sizes.teacher_input != ModelSizes::TeacherInput::kMasked) {
        return absl::InvalidArgumentError(
            ": no teacher reads the removed patches; write mae "
            "{ teacher { input: MASKED ema { momentum { constant: 0 } } } }");
      }
      if (sizes.teacher->embed_dim() != sizes.encoder.embed_dim()) {
        return absl::InvalidArgumentError(absl::StrCat(
            ": mae.decoder predicts latents of ", sizes.encoder.embed_dim(),
            " features, the encoder's, but mae.teacher "
            "has ",
            sizes.teacher->embed_dim()));
      }
      return std::make_unique<LatentAlignmentLoss>();
    });

}  // namespace
}  // namespace caldera::ssl
