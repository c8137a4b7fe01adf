// The interface of terms that can join any method's loss, such as MAGMA,
// uniformity or distillation.
//
//   absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> loss =
//       MakeAuxiliaryLoss(spec.regularizer(), sizes, /*seed=*/0);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//   total = total + weight * out.value;
//
// To add a term, write a file of ssl/variants; or add a message in
// auxiliary.proto, a class in its own file, and a case in
// make_auxiliary_loss.cc.
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
  // Further numbers for the log, by name; filled only on request.
  std::vector<std::pair<std::string, double>> diagnostics;
  // Distributions of values for the log, likewise.
  std::vector<std::pair<std::string, std::vector<double>>> distributions;
};

class AuxiliaryLoss {
 public:
  virtual ~AuxiliaryLoss() = default;
  // Returns the term's name in metrics.
  virtual std::string name() const = 0;
  // Returns the tensors of a context that Compute reads.
  virtual ContextRequest request() const { return {}; }
  // Computes the term. `with_diagnostics` requests the further numbers, for
  // which the host waits. The context holds the full batch of this process: a
  // term over pairs of samples passes what it reads through context.gather.
  virtual AuxiliaryOutput Compute(const StepContext& context,
                                  bool with_diagnostics) = 0;
  // Returns the cost of Compute on a context of these sizes
  // (vit/model/cost.h); zero if it multiplies no matrices and keeps little.
  // with_gradient: true if the term has a weight, so that its gradient is
  // computed.
  virtual vit::Cost CostOf(const ContextSizes& /*sizes*/,
                           bool /*with_gradient*/) const {
    return {};
  }
  // Returns the term's own parameters and buffers, which are trained and saved
  // with the method's; null: none.
  virtual std::shared_ptr<torch::nn::Module> module() const { return nullptr; }
  // Called after the weights of step `at` were updated.
  virtual void AfterOptimizerStep(const RunPosition& /*at*/) {}
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_AUXILIARY_LOSS_H_
