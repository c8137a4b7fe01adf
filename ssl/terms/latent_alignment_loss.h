// CAE's alignment: the latents that the regressor predicts for the removed
// patches must match those of a teacher that reads only these patches.
//
//   auto loss = LatentAlignmentLoss::Create(sizes);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//
// With `teacher { input: MASKED ema { momentum { constant: 0 } } }` the teacher
// is the encoder itself without gradient, as in the authors' code, which gives
// the term a weight of 2.
//
// Source: Chen et al., Context Autoencoder for Self-Supervised Representation
// Learning, IJCV 2023 (arXiv 2202.03026), section 3.3; Atten4Vis/CAE,
// engine_for_pretraining.py.
#ifndef CALDERA_SSL_TERMS_LATENT_ALIGNMENT_LOSS_H_
#define CALDERA_SSL_TERMS_LATENT_ALIGNMENT_LOSS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

class LatentAlignmentLoss : public AuxiliaryLoss {
 public:
  // Returns InvalidArgument, beginning with "latent_alignment", if the method
  // predicts no latents or has no teacher for them.
  static absl::StatusOr<std::unique_ptr<LatentAlignmentLoss>> Create(
      const ModelSizes& sizes);

  std::string name() const override { return "latent_alignment"; }
  ContextRequest request() const override;
  // Returns the mean of squared differences over removed patches and features.
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_LATENT_ALIGNMENT_LOSS_H_
