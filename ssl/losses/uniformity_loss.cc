#include "ssl/losses/uniformity_loss.h"

#include "ssl/losses/uniformity.h"

namespace caldera::ssl {

AuxiliaryOutput UniformityLoss::Compute(const StepContext& context,
                                        bool /*with_diagnostics*/) {
  return {Uniformity(context.latent.select(1, 0)), {}};  // CLS: [B, D]
}

}  // namespace caldera::ssl
