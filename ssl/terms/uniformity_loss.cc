#include "ssl/terms/uniformity_loss.h"

#include "ssl/losses/pool.h"
#include "ssl/losses/uniformity.h"
#include "vit/model/cost.h"

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

vit::Cost UniformityLoss::CostOf(const ContextSizes& sizes,
                                 bool with_gradient) const {
  // z z^T, whose square is kept with it.
  vit::Cost cost = vit::ProductCost(sizes.rows, sizes.width, sizes.rows);
  cost.activations = 2 * sizes.rows * sizes.rows + 2 * sizes.rows * sizes.width;
  return with_gradient ? cost : cost.WithoutGradient();
}

}  // namespace caldera::ssl
