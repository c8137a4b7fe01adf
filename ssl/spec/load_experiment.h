#ifndef CALDERA_SSL_SPEC_LOAD_EXPERIMENT_H_
#define CALDERA_SSL_SPEC_LOAD_EXPERIMENT_H_

// From a spec's name and overrides to a resolved, validated experiment.
//
//   absl::StatusOr<Experiment> experiment =
//       LoadExperiment("fashion_mnist/m_mae", {"train.epochs=5"});
//
// Resolved means: parents merged, overrides applied, every field that has a
// default written out, so that the text in a run folder keeps its meaning when
// a default changes.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {

// Errors, NotFound or InvalidArgument, say what, where (file and line, or the
// argument) and what to do.
absl::StatusOr<Experiment> LoadExperiment(
    const std::string& spec, const std::vector<std::string>& overrides);

// An experiment as text, as LoadExperiment reads it.
std::string ExperimentText(const Experiment& experiment);

// The same experiment with every default written out.
Experiment Resolved(Experiment experiment);

// Reads a resolved experiment back, from the run folder's file. Fields that did
// not exist when it was written get their defaults: a run folder does not
// become another experiment's because the program has learned something new.
absl::StatusOr<Experiment> ReadResolvedExperiment(const std::string& path);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_LOAD_EXPERIMENT_H_
