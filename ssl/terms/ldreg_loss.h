#ifndef CALDERA_SSL_TERMS_LDREG_LOSS_H_
#define CALDERA_SSL_TERMS_LDREG_LOSS_H_

// LDReg's term, as a part of any method: minus the mean logarithm of the local
// intrinsic dimensions of the whole batch.
//
//   auto loss = LdRegLoss::Create(spec.ldreg());
//   AuxiliaryOutput out = (*loss)->Compute(context, true);
//   out.diagnostics;  // {{"dimension", 17.3}}: the geometric mean
//
// Source: Huang, Campello, Erfani, Ma, Houle, Bailey, LDReg: Local
// Dimensionality Regularized Self-Supervised Learning, ICLR 2024.
// Its code takes the absolute value of each logarithm, which rewards collapse
// below dimension 1; here the term always asks for more.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {

class LdRegLoss : public AuxiliaryLoss {
 public:
  // Errors: InvalidArgument whose text begins with the field's path in
  // LdRegSpec.
  static absl::StatusOr<std::unique_ptr<LdRegLoss>> Create(
      const LdRegSpec& spec);

  std::string name() const override { return "ldreg"; }
  ContextRequest request() const override;
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;

 private:
  explicit LdRegLoss(const LdRegSpec& spec) : spec_(spec) {}

  LdRegSpec spec_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_LDREG_LOSS_H_
