#ifndef CALDERA_SSL_LOSSES_UNIFORMITY_LOSS_H_
#define CALDERA_SSL_LOSSES_UNIFORMITY_LOSS_H_

// U-MAE's term on the CLS token after the final norm, as a part of any method.
//
//   UniformityLoss loss;
//   AuxiliaryOutput out = loss.Compute(context, false);

#include <string>

#include "ssl/losses/auxiliary_loss.h"

namespace caldera::ssl {

class UniformityLoss : public AuxiliaryLoss {
 public:
  std::string name() const override { return "uniformity"; }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_UNIFORMITY_LOSS_H_
