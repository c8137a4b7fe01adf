#ifndef CALDERA_SSL_TERMS_CODING_RATE_LOSS_H_
#define CALDERA_SSL_TERMS_CODING_RATE_LOSS_H_

// Matrix M-MAE's term on the tokens after the final norm, as a part of any
// method: minus the total coding rate of the whole batch.
//
//   auto loss = CodingRateLoss::Create(spec.coding_rate());
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//
// The method is called M-MAE by its authors; here that is MAE with MAGMA.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {

class CodingRateLoss : public AuxiliaryLoss {
 public:
  // Errors: InvalidArgument whose text begins with the field's path in
  // CodingRateSpec.
  static absl::StatusOr<std::unique_ptr<CodingRateLoss>> Create(
      const CodingRateSpec& spec);

  std::string name() const override { return "coding_rate"; }
  ContextRequest request() const override;
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;

 private:
  explicit CodingRateLoss(const CodingRateSpec& spec) : spec_(spec) {}

  CodingRateSpec spec_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_CODING_RATE_LOSS_H_
