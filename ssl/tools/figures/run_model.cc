#include "ssl/tools/figures/run_model.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/checkpoint/checkpoint.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

absl::StatusOr<RunModel> LoadRunModel(const std::string& folder,
                                      const at::Device& device) {
  ASSIGN_OR_RETURN(auto experiment, ReadResolvedExperiment(absl::StrCat(
                                        folder, "/experiment.textproto")));
  RunModel run;
  run.experiment = std::move(experiment);
  const std::string checkpoints = absl::StrCat(folder, "/checkpoints");
  ASSIGN_OR_RETURN(auto checkpoint, LoadLatestCheckpoint(checkpoints));
  if (!checkpoint.has_value()) {
    return absl::NotFoundError(
        absl::StrCat(checkpoints, ": no checkpoint yet"));
  }
  if (run.experiment.has_classification()) {
    // The checkpoint has all weights and determines the number of classes.
    ClassificationSpec& spec = *run.experiment.mutable_classification();
    spec.clear_encoder();
    const auto head = checkpoint->model.find("head.weight");
    if (head != checkpoint->model.end()) {
      spec.set_num_classes(static_cast<int32_t>(head->second.size(0)));
    }
  }
  ASSIGN_OR_RETURN(ExperimentPlan plan, ExperimentPlan::Make(run.experiment));
  ASSIGN_OR_RETURN(run.method, plan.BuildMethod());
  // The checkpoint also holds the state of auxiliary terms and observers.
  const vit::StateDict wanted = run.method->NamedState();
  vit::StateDict weights;
  for (const auto& [name, tensor] : checkpoint->model) {
    if (wanted.count(name) > 0) weights[name] = tensor;
  }
  RETURN_IF_ERROR(vit::CopyStateDict(
      weights, wanted, absl::StrCat(checkpoints, "/step_", checkpoint->step)));
  run.method->to(device);
  run.step = checkpoint->step;
  return run;
}

}  // namespace caldera::ssl
