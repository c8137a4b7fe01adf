#include "ssl/spec/validate_experiment.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"
#include "data/loader/validate_data_spec.h"
#include "eval/spec/validate_eval_spec.h"
#include "ssl/objective/make_method.h"
#include "ssl/objective/objective.h"
#include "ssl/optim/validate_optimizer_spec.h"
#include "ssl/schedule/duration.h"

namespace caldera::ssl {
namespace {

absl::Status AtLeast(absl::string_view field, double value, double least) {
  if (value >= least && std::isfinite(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is not at least ", least));
}

absl::Status Validate(const OnlineProbeSpec& spec) {
  for (const absl::Status& status :
       {base::Within("every", Validate(spec.every())),
        AtLeast("knn_images", spec.knn_images(), 0),
        AtLeast("test_images", spec.test_images(), 0)}) {
    if (!status.ok()) return status;
  }
  if (spec.lr() > 0 && std::isfinite(spec.lr())) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("lr: ", spec.lr(), " is not above 0"));
}

absl::Status Validate(const TrainSpec& spec) {
  absl::Status length;
  switch (spec.length_case()) {
    case TrainSpec::kEpochs:
      length = spec.epochs() > 0 && std::isfinite(spec.epochs())
                   ? absl::OkStatus()
                   : absl::InvalidArgumentError(absl::StrCat(
                         "epochs: ", spec.epochs(), " is not above 0"));
      break;
    case TrainSpec::kSteps:
      length = AtLeast("steps", static_cast<double>(spec.steps()), 1);
      break;
    case TrainSpec::kExamples:
      length = AtLeast("examples", static_cast<double>(spec.examples()), 1);
      break;
    case TrainSpec::LENGTH_NOT_SET:
      length = absl::InvalidArgumentError(
          "epochs: the length of the run is not given; set epochs, steps or "
          "examples");
      break;
  }
  for (const absl::Status& status :
       {length, AtLeast("batch_size", spec.batch_size(), 1),
        AtLeast("log_every_steps", spec.log_every_steps(), 1),
        AtLeast("keep_checkpoints", spec.keep_checkpoints(), 1),
        AtLeast("accumulate_steps", spec.accumulate_steps(), 1),
        base::Within("checkpoint_every", Validate(spec.checkpoint_every())),
        base::Within("keep_every", Validate(spec.keep_every())),
        base::Within("online", Validate(spec.online())),
        base::Within("pictures_every", Validate(spec.pictures_every()))}) {
    if (!status.ok()) return status;
  }
  if (spec.batch_size() % spec.accumulate_steps() == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "accumulate_steps: ", spec.accumulate_steps(), " does not divide ",
      spec.batch_size(), ", train.batch_size; change one of them"));
}

}  // namespace

absl::Status ValidateExperiment(const Experiment& experiment) {
  RETURN_IF_ERROR(base::Within("data", data::Validate(experiment.data())));
  // The terms say what they will read of the method.
  ASSIGN_OR_RETURN(const Objective objective, Objective::Create(experiment));
  for (const absl::Status& status :
       {ValidateMethod(experiment, objective.request()),
        base::Within("optimizer", Validate(experiment.optimizer())),
        base::Within("train", Validate(experiment.train())),
        base::Within("eval", eval::Validate(experiment.eval()))}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
