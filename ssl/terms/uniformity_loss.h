#ifndef CALDERA_SSL_TERMS_UNIFORMITY_LOSS_H_
#define CALDERA_SSL_TERMS_UNIFORMITY_LOSS_H_

// U-MAE's term on the tokens after the final norm, as a part of any method.
//
//   UniformityLoss loss(spec.uniformity());
//   AuxiliaryOutput out = loss.Compute(context, false);

#include <string>

#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {

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
