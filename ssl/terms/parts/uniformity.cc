// U-MAE's term on the tokens after the final norm, for any method.
#include "ssl/terms/parts/uniformity.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include "ssl/losses/at_least_float32.h"
#include "ssl/losses/pool.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/model/cost.h"

namespace caldera::ssl {

at::Tensor Uniformity(const at::Tensor& features) {
  const at::Tensor wide = AtLeastFloat32(features);
  const at::Tensor norm = at::linalg_vector_norm(wide, 2, at::IntArrayRef{1},
                                                 /*keepdim=*/true);
  const at::Tensor z = wide / norm.clamp_min(1e-12);  // [B, D]
  return at::matmul(z, z.t()).square().mean();        // of [B, B]
}

namespace {

class UniformityLoss : public AuxiliaryLoss {
 public:
  explicit UniformityLoss(const UniformitySpec& spec) : spec_(spec) {}

  std::string name() const override { return "uniformity"; }
  ContextRequest request() const override {
    ContextRequest request;
    request.latent = true;
    request.class_token = spec_.feature() == eval::EvalSpec::CLS;
    return request;
  }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    const at::Tensor feature =  // [B, D]
        Pool(context.latent, spec_.feature(), context.prefix);
    return {Uniformity(context.gather(feature)), {}};
  }
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override {
    // z z^T and its square are kept.
    vit::Cost cost = vit::ProductCost(sizes.rows, sizes.width, sizes.rows);
    cost.activations =
        2 * sizes.rows * sizes.rows + 2 * sizes.rows * sizes.width;
    return with_gradient ? cost : cost.WithoutGradient();
  }

 private:
  UniformitySpec spec_;
};

const bool kUniformity = AuxiliaryLossPart::Register<UniformitySpec>(
    {"uniformity", "Keeps features apart (U-MAE)."},
    [](const UniformitySpec& spec, const ModelSizes&) {
      return std::make_unique<UniformityLoss>(spec);
    });

}  // namespace
}  // namespace caldera::ssl
