#include "ssl/spec/load_experiment.h"

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check_ranges.h"
#include "base/field_path.h"
#include "base/part.h"
#include "base/read_file.h"
#include "base/spec_fields.h"
#include "base/status.h"
#include "data/loader/validate_data_spec.h"
#include "data/sets/open_dataset.h"
#include "ssl/fit/fit_to_images.h"
#include "ssl/fit/machine.h"
#include "ssl/spec/apply_override.h"
#include "ssl/spec/field_origins.h"
#include "ssl/spec/find_spec.h"
#include "ssl/spec/parse_text.h"
#include "vit/zoo.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kMaxTextBytes = int64_t{64} << 20;

absl::StatusOr<std::string> ReadText(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path, kMaxTextBytes);
  if (text.ok()) return text;
  return absl::NotFoundError(absl::StrCat("cannot read ", path));
}

// Merges a spec after its parents. `open` holds the chain of specs that are
// being read, `merged` those that are done, so that a parent that is reached
// twice counts once.
absl::Status MergeSpec(const std::string& name, std::vector<std::string> open,
                       std::set<std::string>* merged, Experiment* experiment,
                       FieldOrigins* origins) {
  const absl::StatusOr<SpecFile> file = FindSpec(name);
  if (!file.ok()) {
    if (open.empty()) return file.status();
    return absl::Status(file.status().code(),
                        absl::StrCat(file.status().message(), " (inherit in ",
                                     open.back(), ")"));
  }
  for (const std::string& outer : open) {
    if (outer != file->name) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("inherit: ", absl::StrJoin(open, " -> "), " -> ",
                     file->name, " is a circle"));
  }
  if (!merged->insert(file->path).second) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string text, ReadText(file->path));

  Experiment own;
  FieldOrigins own_origins;
  RETURN_IF_ERROR(MergeText(text, file->name, &own, &own_origins));
  open.push_back(file->name);
  for (const std::string& parent : own.inherit()) {
    RETURN_IF_ERROR(MergeSpec(parent, open, merged, experiment, origins));
  }
  base::MergeSpec(own, experiment);
  origins->Merge(own_origins);
  return absl::OkStatus();
}

// Returns the number of images to train on.
absl::StatusOr<int64_t> CountImages(const Experiment& experiment) {
  if (!experiment.data().has_dataset()) {
    return absl::InvalidArgumentError(
        "data.dataset: is not given, and fit {} counts its images; name the "
        "folder: data.dataset=FOLDER");
  }
  RETURN_IF_ERROR(base::Within("data", data::Validate(experiment.data())));
  ASSIGN_OR_RETURN(const auto dataset,
                   base::Within("data", data::OpenDataset(experiment.data())));
  if (dataset->size() > 0) return dataset->size();
  return absl::InvalidArgumentError(absl::StrCat(
      "data.dataset: ", experiment.data().dataset(), " has no image"));
}

// Merges what fit {} chooses, as if a parent of the spec had it.
absl::Status Fit(const FitOptions& options, Experiment* experiment) {
  if (!experiment->has_fit()) return absl::OkStatus();
  RETURN_IF_ERROR(base::Within("fit", base::CheckRanges(experiment->fit())));
  const std::string earlier =
      absl::StrCat(options.run_dir, "/experiment.textproto");
  Fitted fitted;
  std::error_code error;
  if (!options.run_dir.empty() && std::filesystem::exists(earlier, error)) {
    ASSIGN_OR_RETURN(const Experiment there, ReadResolvedExperiment(earlier));
    fitted = ChoicesOf(*experiment, there);
  } else {
    ASSIGN_OR_RETURN(const int64_t images, CountImages(*experiment));
    fitted = FitToImages(*experiment, images, MachineOf(options.device));
  }
  base::MergeSpec(*experiment, &fitted.choices);
  *experiment = std::move(fitted.choices);
  experiment->clear_fit();
  if (options.reasons != nullptr) *options.reasons = std::move(fitted.reasons);
  return absl::OkStatus();
}

void Resolve(Experiment* experiment) {
  experiment->clear_inherit();
  experiment->mutable_data()->mutable_loader();
  if (experiment->data().view().empty()) {
    experiment->mutable_data()->mutable_augment();
  }
  // This precedes the defaults, which would take the place of the model's
  // sizes.
  *experiment->mutable_encoder() = vit::ResolveModel(experiment->encoder());
  if (experiment->has_mae()) experiment->mutable_mae()->mutable_decoder();
  if (experiment->has_simclr()) {
    experiment->mutable_simclr()->mutable_projector();
  }
  if (experiment->has_vicreg()) {
    experiment->mutable_vicreg()->mutable_projector();
  }
  base::NameDefaultPart(experiment->mutable_optimizer());
  experiment->mutable_train();
  experiment->mutable_eval()->mutable_knn();
  experiment->mutable_eval()->mutable_linear();
  base::FillDefaults(experiment);
}

}  // namespace

absl::StatusOr<ExperimentPlan> LoadPlan(
    const std::string& spec, const std::vector<std::string>& overrides,
    const FitOptions& fit, const PlanOptions& planning) {
  Experiment experiment;
  FieldOrigins origins;
  std::set<std::string> merged;
  RETURN_IF_ERROR(MergeSpec(spec, {}, &merged, &experiment, &origins));
  for (const std::string& argument : overrides) {
    RETURN_IF_ERROR(ApplyOverride(argument, &experiment, &origins));
  }
  const absl::Status fitted = Fit(fit, &experiment);
  Resolve(&experiment);
  absl::StatusOr<ExperimentPlan> plan =
      fitted.ok() ? ExperimentPlan::Make(experiment, planning)
                  : absl::StatusOr<ExperimentPlan>(fitted);
  if (plan.ok()) return plan;
  const absl::string_view message = plan.status().message();
  const std::string origin = origins.Find(message.substr(0, message.find(':')));
  return absl::Status(
      plan.status().code(),
      absl::StrCat(message, " (", origin.empty() ? spec : origin, ")"));
}

absl::StatusOr<Experiment> LoadExperiment(
    const std::string& spec, const std::vector<std::string>& overrides) {
  ASSIGN_OR_RETURN(const ExperimentPlan plan, LoadPlan(spec, overrides));
  return plan.experiment();
}

std::string ExperimentText(const Experiment& experiment) {
  return base::SpecLines(experiment);
}

Experiment Resolved(Experiment experiment) {
  Resolve(&experiment);
  return experiment;
}

absl::StatusOr<Experiment> ReadResolvedExperiment(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  return ResolvedFromText(text, path);
}

absl::StatusOr<Experiment> ResolvedFromText(const std::string& text,
                                            const std::string& where) {
  Experiment experiment;
  RETURN_IF_ERROR(MergeText(text, where, &experiment));
  return Resolved(
      std::move(experiment));  // also fields that are newer than the text
}

}  // namespace caldera::ssl
