// The interface of terms that can join any method's loss, such as MAGMA,
// uniformity or distillation.
//
//   absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> loss =
//       MakeAuxiliaryLoss(spec.regularizer(), sizes);
//   ContextRequest request = (*loss)->request();
//   (*loss)->Build(/*seed=*/0, exchange);
//   AuxiliaryOutput out = (*loss)->Compute(context, false);
//   total = total + weight * out.value;
//
// A new term is one file of ssl/terms/parts (docs/adding-a-loss-or-mask.md).
#ifndef CALDERA_SSL_TERMS_AUXILIARY_LOSS_H_
#define CALDERA_SSL_TERMS_AUXILIARY_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/part.h"
#include "magma/exchange.h"
#include "ssl/schedule/run_position.h"
#include "ssl/terms/auxiliary.pb.h"
#include "ssl/terms/component_cost.h"
#include "ssl/terms/model_sizes.h"
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
  // True if the term reads AuxiliaryLossSpec.feature.
  virtual bool reads_feature() const { return false; }
  // Allocates what module() holds and initialises the weights from `seed`.
  // exchange: how the term may read the batch of all processes without
  // gradient. Called once, before module and Compute.
  virtual void Build(uint64_t /*seed*/, const magma::Exchange& /*exchange*/) {}
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

// Terms are made for the sizes of the models.
using AuxiliaryLossPart =
    base::PartKind<AuxiliaryLossSpec, AuxiliaryLoss, ModelSizes>;

// Returns the term that `spec` names, not built yet. Returns InvalidArgument,
// whose text begins with the field's path, if the term or its weight is invalid
// or does not fit the method.
absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> MakeAuxiliaryLoss(
    const AuxiliaryLossSpec& spec, const ModelSizes& sizes);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_AUXILIARY_LOSS_H_
