// MAGMA's regularizer as a term of any method: M-X is X plus this term.
//
//   MagmaLoss loss(*magma::Regularizer::Create(spec, /*num_blocks=*/12));
//   loss.request().taps;  // {10, 11}
//   AuxiliaryOutput out = loss.Compute(context, /*with_diagnostics=*/true);
#ifndef CALDERA_SSL_TERMS_MAGMA_LOSS_H_
#define CALDERA_SSL_TERMS_MAGMA_LOSS_H_

#include <string>

#include "eval/spec/eval.pb.h"
#include "magma/regularizer.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {

class MagmaLoss : public AuxiliaryLoss {
 public:
  // feature: the feature of each block that the regularizer reads.
  explicit MagmaLoss(magma::Regularizer regularizer,
                     eval::EvalSpec::Feature feature = eval::EvalSpec::MEAN);

  std::string name() const override { return "magma"; }
  ContextRequest request() const override;
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;

 private:
  magma::Regularizer regularizer_;
  eval::EvalSpec::Feature feature_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_MAGMA_LOSS_H_
