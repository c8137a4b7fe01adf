#include "ssl/spec/validate_experiment.h"

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
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

absl::Status Validate(const OnlineProbeSpec& spec) {
  return base::FieldCheck()
      .And(base::Within("every", Validate(spec.every())))
      .AtLeast("knn_images", spec.knn_images(), 0)
      .AtLeast("test_images", spec.test_images(), 0)
      .Above("lr", spec.lr(), 0)
      .status();
}

absl::Status ValidateLength(const TrainSpec& spec) {
  switch (spec.length_case()) {
    case TrainSpec::kEpochs:
      return base::FieldCheck().Above("epochs", spec.epochs(), 0).status();
    case TrainSpec::kSteps:
      return base::FieldCheck().AtLeast("steps", spec.steps(), 1).status();
    case TrainSpec::kExamples:
      return base::FieldCheck()
          .AtLeast("examples", spec.examples(), 1)
          .status();
    case TrainSpec::LENGTH_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "epochs: the length of the run is not given; set epochs, steps or "
      "examples");
}

absl::Status Validate(const TrainSpec& spec) {
  RETURN_IF_ERROR(
      base::FieldCheck()
          .And(ValidateLength(spec))
          .AtLeast("batch_size", spec.batch_size(), 1)
          .AtLeast("log_every_steps", spec.log_every_steps(), 1)
          .AtLeast("keep_checkpoints", spec.keep_checkpoints(), 1)
          .AtLeast("accumulate_steps", spec.accumulate_steps(), 1)
          .And(base::Within("checkpoint_every",
                            Validate(spec.checkpoint_every())))
          .And(base::Within("keep_every", Validate(spec.keep_every())))
          .And(base::Within("online", Validate(spec.online())))
          .And(base::Within("pictures_every", Validate(spec.pictures_every())))
          .status());
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
  RETURN_IF_ERROR(ValidateMethod(experiment, objective.request()));
  RETURN_IF_ERROR(base::Within("optimizer", Validate(experiment.optimizer())));
  RETURN_IF_ERROR(base::Within("train", Validate(experiment.train())));
  return base::Within("eval", eval::Validate(experiment.eval()));
}

}  // namespace caldera::ssl
