// A term that any method's loss can take on: MAGMA, uniformity, distillation.
//
//   absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> loss =
//       MakeAuxiliaryLoss(spec.regularizer(), sizes);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//   total = total + weight * out.value;
//
// To add one: a file of ssl/variants, or a message in auxiliary.proto, a class
// in its own file, a case in make_auxiliary_loss.cc.
#ifndef CALDERA_SSL_TERMS_AUXILIARY_LOSS_H_
#define CALDERA_SSL_TERMS_AUXILIARY_LOSS_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ssl/schedule/run_position.h"
#include "ssl/terms/component_cost.h"
#include "ssl/terms/step_context.h"

namespace torch::nn {
class Module;
}

namespace caldera::ssl {

struct AuxiliaryOutput {
  at::Tensor value;  // scalar, not weighted
  // Further numbers for the log, by name; only where they were asked for.
  std::vector<std::pair<std::string, double>> diagnostics;
  // Likewise, whole distributions of values.
  std::vector<std::pair<std::string, std::vector<double>>> distributions;
};

class AuxiliaryLoss {
 public:
  virtual ~AuxiliaryLoss() = default;
  // The term's name in metrics.
  virtual std::string name() const = 0;
  // What Compute reads of a context.
  virtual ContextRequest request() const { return {}; }
  // `with_diagnostics` asks for the extra numbers, for which the host waits.
  // The context holds the whole batch of this process: a term over pairs of
  // samples passes what it reads through context.gather.
  virtual AuxiliaryOutput Compute(const StepContext& context,
                                  bool with_diagnostics) = 0;
  // What Compute costs on a context of these sizes (vit/model/cost.h); none
  // where it multiplies no matrices and keeps little. with_gradient: whether
  // the term has a weight, so that its gradient is computed.
  virtual vit::Cost CostOf(const ContextSizes& /*sizes*/,
                           bool /*with_gradient*/) const {
    return {};
  }
  // Parameters and buffers of the term's own, trained and saved with the
  // method's; null: none.
  virtual std::shared_ptr<torch::nn::Module> module() const { return nullptr; }
  // After the weights of step `at` were updated.
  virtual void AfterOptimizerStep(const RunPosition& /*at*/) {}
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_AUXILIARY_LOSS_H_
