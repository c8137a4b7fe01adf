#include "ssl/losses/uniformity_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>

#include "ssl/losses/uniformity.h"

namespace caldera::ssl {

UniformityLoss::UniformityLoss(UniformitySpec::Feature feature)
    : feature_(feature) {}

AuxiliaryOutput UniformityLoss::Compute(const StepContext& context,
                                        bool /*with_diagnostics*/) {
  const at::Tensor feature = feature_ == UniformitySpec::MEAN
                                 ? context.latent.slice(1, 1).mean(1)
                                 : context.latent.select(1, 0);  // [B, D]
  return {Uniformity(feature), {}};
}

}  // namespace caldera::ssl
