#include "ssl/losses/uniformity_loss.h"

#include "ssl/losses/pool.h"
#include "ssl/losses/uniformity.h"

namespace caldera::ssl {

ContextRequest UniformityLoss::request() const {
  ContextRequest request;
  request.latent = true;
  return request;
}

AuxiliaryOutput UniformityLoss::Compute(const StepContext& context,
                                        bool /*with_diagnostics*/) {
  const at::Tensor feature = Pool(context.latent, spec_.feature());  // [B, D]
  return {Uniformity(context.gather(feature)), {}};
}

}  // namespace caldera::ssl
