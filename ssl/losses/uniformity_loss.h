#ifndef CALDERA_SSL_LOSSES_UNIFORMITY_LOSS_H_
#define CALDERA_SSL_LOSSES_UNIFORMITY_LOSS_H_

// U-MAE's term as a part of any method: on the CLS token after the final norm,
// or on the mean of the other tokens.
//
//   UniformityLoss loss(UniformitySpec::CLS);
//   AuxiliaryOutput out = loss.Compute(context, false);

#include <string>

#include "ssl/losses/auxiliary.pb.h"
#include "ssl/losses/auxiliary_loss.h"

namespace caldera::ssl {

class UniformityLoss : public AuxiliaryLoss {
 public:
  explicit UniformityLoss(UniformitySpec::Feature feature);

  std::string name() const override { return "uniformity"; }
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;

 private:
  UniformitySpec::Feature feature_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_UNIFORMITY_LOSS_H_
