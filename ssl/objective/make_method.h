#ifndef CALDERA_SSL_OBJECTIVE_MAKE_METHOD_H_
#define CALDERA_SSL_OBJECTIVE_MAKE_METHOD_H_

// From an experiment to the method that it names.
//
//   auto method = MakeMethod(experiment, objective.request(), dataset.get());

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/terms/model_sizes.h"
#include "ssl/terms/step_context.h"

namespace caldera::ssl {

// Builds the method on the CPU, in float32. request: what auxiliary losses
// read. dataset: what will be trained on, for methods that learn its labels;
// null: the experiment says how many classes there are. Errors: those of
// ValidateMethod and ClassCount.
absl::StatusOr<std::shared_ptr<Method>> MakeMethod(
    const Experiment& experiment, ContextRequest request,
    const data::Dataset* dataset = nullptr);

// InvalidArgument (NotFound for a file of weights) whose text begins with the
// field's path in Experiment.
absl::Status ValidateMethod(const Experiment& experiment,
                            const ContextRequest& request);

// What the experiment's auxiliary losses are built for. The errors of
// ValidateMethod that concern encoder and teacher.
absl::StatusOr<ModelSizes> SizesOf(const Experiment& experiment);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OBJECTIVE_MAKE_METHOD_H_
