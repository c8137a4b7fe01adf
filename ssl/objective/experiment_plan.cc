#include "ssl/objective/experiment_plan.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/check_ranges.h"
#include "base/field_path.h"
#include "base/status.h"
#include "base/user_path.h"
#include "data/loader/validate_data_spec.h"
#include "eval/features/readout.h"
#include "eval/spec/validate_eval_spec.h"
#include "ssl/optim/validate_optimizer_spec.h"
#include "ssl/schedule/duration.h"
#include "ssl/terms/model_sizes.h"
#include "vit/model/validate_encoder.h"
#include "vit/zoo.h"

namespace caldera::ssl {
namespace {

absl::Status Validate(const TrainSpec& spec) {
  RETURN_IF_ERROR(base::CheckRanges(spec));
  if (spec.length_case() == TrainSpec::LENGTH_NOT_SET) {
    return absl::InvalidArgumentError(
        "epochs: the length of the run is not given; set epochs, steps or "
        "examples");
  }
  RETURN_IF_ERROR(
      base::Within("checkpoint_every", Validate(spec.checkpoint_every())));
  RETURN_IF_ERROR(base::Within("keep_every", Validate(spec.keep_every())));
  RETURN_IF_ERROR(
      base::Within("online.every", Validate(spec.online().every())));
  RETURN_IF_ERROR(
      base::Within("label_free.every", Validate(spec.label_free().every())));
  RETURN_IF_ERROR(
      base::Within("pictures_every", Validate(spec.pictures_every())));
  if (spec.batch_size() % spec.accumulate_steps() == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "accumulate_steps: ", spec.accumulate_steps(), " does not divide ",
      spec.batch_size(), ", train.batch_size; change one of them"));
}

absl::StatusOr<std::unique_ptr<MethodPlan>> PlanMethod(
    const Experiment& experiment) {
  auto plan = MethodPart::Create(experiment, experiment);
  absl::string_view text = plan.status().message();
  // An error about the experiment itself has no field to begin with.
  if (!absl::ConsumePrefix(&text, ": no part is named")) return plan;
  return absl::InvalidArgumentError(
      absl::StrCat("mae: no method is named", text));
}

// Returns the sizes for which the terms are made.
ModelSizes SizesOf(const Experiment& experiment, const MethodPlan& method) {
  ModelSizes sizes;
  sizes.encoder = experiment.encoder();
  sizes.images = experiment.train().batch_size() /
                 std::max(1, experiment.train().accumulate_steps());
  if (method.add_sizes) method.add_sizes(sizes);
  return sizes;
}

// Returns the field that names the file of the start weights, and sets `path`
// to its value.
absl::StatusOr<std::string> StartField(const Experiment& experiment,
                                       std::string* path) {
  const StartSpec& start = experiment.start();
  const std::string& older = experiment.classification().encoder();
  *path = start.encoder();
  if (start.encoder().empty()) {
    if (older.empty() && !(start.decoder().empty() && start.key().empty())) {
      return absl::InvalidArgumentError(
          "start.encoder: is missing; name the file of weights to start from, "
          "or leave out start {}");
    }
    *path = older;
    return "classification.encoder";
  }
  if (!older.empty() && older != start.encoder()) {
    return absl::InvalidArgumentError(
        absl::StrCat("start.encoder: is \"", start.encoder(), "\", and ",
                     "classification.encoder, its older name, is \"", older,
                     "\"; leave out one of them"));
  }
  return "start.encoder";
}

// Opens the start weights and fits them to the models of the method; none where
// the spec has none.
absl::StatusOr<std::optional<vit::StartWeights>> OpenStart(
    const Experiment& experiment, const MethodPlan& method) {
  vit::StartRequest request;
  ASSIGN_OR_RETURN(const std::string field,
                   StartField(experiment, &request.path));
  if (request.path.empty()) return std::optional<vit::StartWeights>();
  const StartSpec& spec = experiment.start();
  request.path = base::UserPath(request.path);
  request.key = spec.key();
  request.encoder = method.encoder.value_or(experiment.encoder());
  if (method.decoder_shapes) request.decoder = method.decoder_shapes();
  if (!spec.decoder().empty()) {
    if (request.decoder.empty()) {
      return absl::InvalidArgumentError(
          "start.decoder: the method has no decoder; leave it out");
    }
    request.decoder_path = base::UserPath(spec.decoder());
  }
  absl::StatusOr<vit::StartWeights> start = vit::OpenStart(request);
  if (start.ok()) return std::optional<vit::StartWeights>(*std::move(start));
  if (absl::StartsWith(start.status().message(), "decoder: ")) {
    return base::Within("start", start.status());
  }
  return base::About(field, start.status());
}

}  // namespace

absl::StatusOr<ExperimentPlan> ExperimentPlan::Make(
    const Experiment& given, const PlanOptions& options) {
  RETURN_IF_ERROR(base::Within("data", data::Validate(given.data())));
  RETURN_IF_ERROR(base::Within("encoder", vit::Validate(given.encoder())));
  auto resolved = std::make_unique<Experiment>(given);
  *resolved->mutable_encoder() = vit::ResolveModel(given.encoder());
  std::unique_ptr<const Experiment> experiment = std::move(resolved);
  ASSIGN_OR_RETURN(auto method, PlanMethod(*experiment));
  std::optional<vit::StartWeights> start;
  if (!options.resumes) {
    ASSIGN_OR_RETURN(start, OpenStart(*experiment, *method));
  }
  const ModelSizes sizes = SizesOf(*experiment, *method);
  ASSIGN_OR_RETURN(Objective objective, Objective::Create(*experiment, sizes));
  // The terms name the parts of the method's output that they will read.
  if (method->check) RETURN_IF_ERROR(method->check(objective.request()));
  RETURN_IF_ERROR(base::Within("optimizer", Validate(experiment->optimizer())));
  RETURN_IF_ERROR(base::Within("train", Validate(experiment->train())));
  RETURN_IF_ERROR(base::Within("eval", eval::Validate(experiment->eval())));
  // What the encoder is measured by after training.
  RETURN_IF_ERROR(base::Within(
      "eval",
      eval::ReadoutsOf(experiment->eval(), experiment->encoder()).status()));
  return ExperimentPlan(std::move(experiment), std::move(method), sizes,
                        std::move(objective), std::move(start));
}

ExperimentPlan::ExperimentPlan(std::unique_ptr<const Experiment> experiment,
                               std::unique_ptr<MethodPlan> method,
                               const ModelSizes& sizes, Objective objective,
                               std::optional<vit::StartWeights> start)
    : experiment_(std::move(experiment)),
      method_(std::move(method)),
      sizes_(sizes),
      objective_(std::move(objective)),
      request_(objective_->request()),
      start_(std::move(start)) {}

Objective ExperimentPlan::BuildObjective(const magma::Exchange& exchange) {
  CHECK(objective_.has_value()) << "a plan builds its objective once";
  Objective objective = *std::move(objective_);
  objective_.reset();
  objective.Build(experiment_->seed(), exchange);
  return objective;
}

absl::StatusOr<std::shared_ptr<Method>> ExperimentPlan::BuildMethod(
    const data::Dataset* dataset) {
  CHECK(method_ != nullptr) << "a plan builds its method once";
  const std::unique_ptr<MethodPlan> plan = std::move(method_);
  ASSIGN_OR_RETURN(auto method, plan->build(request_, dataset));
  if (start_.has_value()) {
    RETURN_IF_ERROR(base::About("start", method->Start(*start_)));
    start_.reset();  // closes the file
  }
  method->set_embedding_feature(experiment_->eval().feature());
  return method;
}

}  // namespace caldera::ssl
