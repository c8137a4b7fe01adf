// Refuses everything that can be refused before an experiment starts.
//
//   absl::Status status = ValidateExperiment(experiment);
//   // InvalidArgument: "optimizer.base_lr: -1 is not in [0, 1000]"
#ifndef CALDERA_SSL_SPEC_VALIDATE_EXPERIMENT_H_
#define CALDERA_SSL_SPEC_VALIDATE_EXPERIMENT_H_

#include "absl/status/status.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {

// Returns InvalidArgument for the first invalid field; its text begins with the
// field's path in Experiment and ": ".
absl::Status ValidateExperiment(const Experiment& experiment);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_VALIDATE_EXPERIMENT_H_
