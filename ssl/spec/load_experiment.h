// Loads a resolved, validated experiment from a spec's name and overrides.
//
//   absl::StatusOr<Experiment> experiment =
//       LoadExperiment("fashion_mnist/m_mae", {"train.epochs=5"});
//
// Resolved means: parents merged, overrides applied, every field that has a
// default written out, so that the text in a run folder keeps its meaning when
// a default changes. A spec with fit {} also gets what it leaves open
// (ssl/fit/fit_to_images.h): its data set is opened to be counted.
#ifndef CALDERA_SSL_SPEC_LOAD_EXPERIMENT_H_
#define CALDERA_SSL_SPEC_LOAD_EXPERIMENT_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/objective/experiment_plan.h"

namespace caldera::ssl {

// What the choices of a spec with fit {} depend on.
struct FitOptions {
  at::Device device = at::kCPU;  // that trains
  // The folder of the run: one that holds an experiment keeps its choices.
  std::string run_dir;
  // Receives each choice with its reason; may be null.
  std::vector<std::string>* reasons = nullptr;
};

// Loads the experiment and plans it, which validates it. Errors: NotFound or
// InvalidArgument, which name the field, the place (file and line, or the
// argument) and the remedy; for fit {} also those of data::OpenDataset.
absl::StatusOr<ExperimentPlan> LoadPlan(
    const std::string& spec, const std::vector<std::string>& overrides,
    const FitOptions& fit = {}, const PlanOptions& planning = {});

// Does the same and returns the experiment alone.
absl::StatusOr<Experiment> LoadExperiment(
    const std::string& spec, const std::vector<std::string>& overrides);

// Returns an experiment as text that LoadExperiment can read.
std::string ExperimentText(const Experiment& experiment);

// Returns the same experiment with every default written out.
Experiment Resolved(Experiment experiment);

// Reads a resolved experiment back, from the run folder's file. Fields that did
// not exist when it was written get their defaults: a run folder does not
// become another experiment's because the program has learned something new.
absl::StatusOr<Experiment> ReadResolvedExperiment(const std::string& path);

// Likewise from its text; errors name `where`.
absl::StatusOr<Experiment> ResolvedFromText(const std::string& text,
                                            const std::string& where);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_LOAD_EXPERIMENT_H_
