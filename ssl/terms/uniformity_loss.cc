#include "ssl/terms/uniformity_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "vit/model/cost.h"

namespace caldera::ssl {

at::Tensor Uniformity(const at::Tensor& features) {
  const at::Tensor wide = AtLeastFloat32(features);
  const at::Tensor norm = at::linalg_vector_norm(wide, 2, at::IntArrayRef{1},
                                                 /*keepdim=*/true);
  const at::Tensor z = wide / norm.clamp_min(1e-12);  // [B, D]
  return at::matmul(z, z.t()).square().mean();        // of [B, B]
}

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
  // z z^T and its square are kept.
  vit::Cost cost = vit::ProductCost(sizes.rows, sizes.width, sizes.rows);
  cost.activations = 2 * sizes.rows * sizes.rows + 2 * sizes.rows * sizes.width;
  return with_gradient ? cost : cost.WithoutGradient();
}

}  // namespace caldera::ssl
