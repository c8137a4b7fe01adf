// U-MAE's term on the tokens after the final norm, for any method.
//
//   UniformityLoss loss(spec.uniformity());
//   AuxiliaryOutput out = loss.Compute(context, false);
#ifndef CALDERA_SSL_TERMS_UNIFORMITY_LOSS_H_
#define CALDERA_SSL_TERMS_UNIFORMITY_LOSS_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {

// Returns U-MAE's uniformity term, which keeps features from collapsing.
//
//   at::Tensor loss = Uniformity(latent.select(1, 0));  // CLS features [B, D]
//
// For features [B, D] the term is the scalar mean((z z^T)^2) with z = features
// / max(norm, 1e-12) by row, computed in float32 at least.
//
// Caveat: the mean includes the diagonal, so B pairs contribute 1 each: the
// term's least value is 1 / B, not 0.
//
// Source: Zhang, Wang, Wang, NeurIPS 2022, eq. 11; zhangq327/U-MAE,
// loss_func.py.
at::Tensor Uniformity(const at::Tensor& features);

class UniformityLoss : public AuxiliaryLoss {
 public:
  explicit UniformityLoss(const UniformitySpec& spec) : spec_(spec) {}

  std::string name() const override { return "uniformity"; }
  ContextRequest request() const override;
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;

 private:
  UniformitySpec spec_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_UNIFORMITY_LOSS_H_
