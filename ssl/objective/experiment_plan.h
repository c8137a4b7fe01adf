// The plan of an experiment: every part resolved and valid, all sizes, what is
// read of what. No tensor exists yet, and files of weights were opened for
// their headers alone. Validation, --dry_run, the trainer, the forecast and the
// sweep share it.
//
//   ASSIGN_OR_RETURN(ExperimentPlan plan, ExperimentPlan::Make(experiment));
//   Objective objective = plan.BuildObjective();
//   ASSIGN_OR_RETURN(auto method, plan.BuildMethod(dataset.get()));
#ifndef CALDERA_SSL_OBJECTIVE_EXPERIMENT_PLAN_H_
#define CALDERA_SSL_OBJECTIVE_EXPERIMENT_PLAN_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "magma/exchange.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/methods/method_plan.h"
#include "ssl/objective/objective.h"
#include "ssl/terms/model_sizes.h"
#include "vit/weights/start_weights.h"

namespace caldera::ssl {

struct PlanOptions {
  // The run goes on from a checkpoint of its own: its start weights are not
  // read, and may be gone.
  bool resumes = false;
};

class ExperimentPlan {
 public:
  // Resolves and checks everything. Returns InvalidArgument (NotFound for a
  // file of weights), whose text begins with the path of the field in
  // Experiment.
  static absl::StatusOr<ExperimentPlan> Make(const Experiment& experiment,
                                             const PlanOptions& options = {});

  const Experiment& experiment() const { return *experiment_; }
  // Returns the sizes of the models for which the terms are made.
  const ModelSizes& sizes() const { return sizes_; }

  // Returns what becomes of the start weights, or null where there are none.
  const vit::StartReport* start() const {
    return start_.has_value() ? &start_->report : nullptr;
  }

  // Each builds its half, once. exchange: how MAGMA reads the batch of all
  // processes.
  Objective BuildObjective(const magma::Exchange& exchange = {});
  // dataset: the training set, for methods that learn its labels; if it is
  // null, the experiment says how many classes there are. Returns the errors of
  // the files of weights and of ClassCount.
  absl::StatusOr<std::shared_ptr<Method>> BuildMethod(
      const data::Dataset* dataset = nullptr);

 private:
  ExperimentPlan(std::unique_ptr<const Experiment> experiment,
                 std::unique_ptr<MethodPlan> method, const ModelSizes& sizes,
                 Objective objective, std::optional<vit::StartWeights> start);

  std::unique_ptr<const Experiment> experiment_;  // the method refers to it
  std::unique_ptr<MethodPlan> method_;
  ModelSizes sizes_;
  std::optional<Objective> objective_;  // until it is built
  ContextRequest request_;              // what the terms read
  std::optional<vit::StartWeights> start_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OBJECTIVE_EXPERIMENT_PLAN_H_
