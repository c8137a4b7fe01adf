#ifndef CALDERA_SSL_OBJECTIVE_OBJECTIVE_H_
#define CALDERA_SSL_OBJECTIVE_OBJECTIVE_H_

// The total loss of a step: the method's terms and the auxiliary ones, each
// with the weight of that step.
//
//   absl::StatusOr<Objective> objective = Objective::Create(experiment);
//   auto method = MakeMethod(experiment, objective->request());
//   TotalLoss loss = objective->Combine((*method)->Step(batch, streams), step,
//                                       run, /*with_diagnostics=*/false);
//   loss.total.backward();

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "magma/exchange.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/schedule/duration.h"
#include "ssl/schedule/run_position.h"
#include "ssl/terms/auxiliary_loss.h"
#include "ssl/terms/component_cost.h"

namespace caldera::ssl {

struct TotalLoss {
  at::Tensor total;         // scalar, with gradient
  std::vector<Term> terms;  // every term, detached, with the weight applied
  // Further numbers for the log, named "<term>.<what>".
  std::vector<std::pair<std::string, double>> diagnostics;
  // Likewise, what the log shows as histograms.
  std::vector<std::pair<std::string, std::vector<double>>> distributions;
};

// The mean over the parts of a step, which have the same terms.
TotalLoss MeanOfParts(const std::vector<TotalLoss>& parts);

class Objective {
 public:
  // The regularizer and the auxiliary terms of an experiment; `exchange` shows
  // MAGMA the batch of all processes. Errors: those of SizesOf and
  // MakeAuxiliaryLoss, with the field's path in Experiment.
  static absl::StatusOr<Objective> Create(const Experiment& experiment,
                                          const magma::Exchange& exchange = {});

  // What the terms read of a method's context.
  ContextRequest request() const;

  // The weights at `step`, in the order of the terms after the method's own.
  std::vector<double> Weights(int64_t step, const RunLength& run) const;

  // Terms whose weight is 0 at `step`, or that only observe, are computed on
  // detached features: they are logged and leave the gradient bit for bit as
  // it would be without them.
  TotalLoss Combine(const StepOutput& output, int64_t step,
                    const RunLength& run, bool with_diagnostics) const;

  // What a step of `batch` images costs, by part: the method's and the terms'.
  // Terms that have a weight at any time are counted with their gradient.
  // Empty where the method's is not known.
  std::vector<ComponentCost> Costs(const Method& method, int64_t batch) const;

  // Parameters and buffers of the terms' own, behind the terms' names.
  torch::nn::Module& module() const { return *module_; }

  // After the weights of step `at` were updated.
  void AfterOptimizerStep(const RunPosition& at) const;

 private:
  struct Auxiliary {
    AuxiliaryLossSpec spec;
    std::unique_ptr<AuxiliaryLoss> loss;
    std::string name;   // in metrics and state: the loss's, numbered if not new
    std::string phase;  // for profilers
  };
  std::vector<Auxiliary> auxiliary_;
  std::shared_ptr<torch::nn::Module> module_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OBJECTIVE_OBJECTIVE_H_
