// The total loss of a step: the terms of the method and the auxiliary ones,
// each with the weight of that step.
//
//   Objective objective = plan.BuildObjective();  // experiment_plan.h
//   auto method = plan.BuildMethod();
//   TotalLoss loss = objective.Combine((*method)->Step(batch, streams), step,
//                                       run, /*with_diagnostics=*/false);
//   loss.total.backward();
#ifndef CALDERA_SSL_OBJECTIVE_OBJECTIVE_H_
#define CALDERA_SSL_OBJECTIVE_OBJECTIVE_H_

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
#include "ssl/terms/model_sizes.h"

namespace caldera::ssl {

struct TotalLoss {
  at::Tensor total;         // scalar, with gradient
  std::vector<Term> terms;  // every term, detached, with the weight applied
  // Further numbers for the log, named "<term>.<what>".
  std::vector<std::pair<std::string, double>> diagnostics;
  // Likewise, values that the log shows as histograms.
  std::vector<std::pair<std::string, std::vector<double>>> distributions;
};

// Returns the mean over the microbatches of a step, which have the same terms.
TotalLoss MeanOfMicrobatches(const std::vector<TotalLoss>& microbatches);

class Objective {
 public:
  // Makes the regularizer and the auxiliary terms of an experiment for models
  // of these sizes; they allocate nothing. Returns InvalidArgument, whose text
  // begins with the path of the field in Experiment.
  static absl::StatusOr<Objective> Create(const Experiment& experiment,
                                          const ModelSizes& sizes);
  // Allocates the terms' own parameters and initialises them from `seed`;
  // through `exchange` MAGMA reads the batch of all processes. Called once.
  void Build(uint64_t seed, const magma::Exchange& exchange);

  // Returns the context that the terms read.
  ContextRequest request() const;

  // Returns the weights at `step`, in the order of the terms after those of the
  // method.
  std::vector<double> Weights(int64_t step, const RunLength& run) const;

  // Adds up the weighted terms. Terms whose weight is 0 at `step`, or that only
  // observe, are computed on detached features: they are logged and leave the
  // gradient bit for bit as it would be without them.
  TotalLoss Combine(const StepOutput& output, int64_t step,
                    const RunLength& run, bool with_diagnostics) const;

  // Returns the cost of a step of `batch` images: that of the method's
  // components and of the terms. Terms that have a weight at any time are
  // counted with their gradient. Empty if the cost of the method is unknown.
  std::vector<ComponentCost> Costs(const Method& method, int64_t batch) const;

  // Returns the parameters and buffers of the terms, under the names of the
  // terms.
  torch::nn::Module& module() const { return *module_; }

  // Is called after the weights of step `at` were updated.
  void AfterOptimizerStep(const RunPosition& at) const;

 private:
  struct Auxiliary {
    AuxiliaryLossSpec spec;
    std::unique_ptr<AuxiliaryLoss> loss;
    // The name in metrics and state: that of the loss, numbered if it repeats.
    std::string name;
    std::string phase;  // for profilers
  };
  std::vector<Auxiliary> auxiliary_;
  std::shared_ptr<torch::nn::Module> module_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OBJECTIVE_OBJECTIVE_H_
