// Makes the method that an experiment names.
//
//   auto method = MakeMethod(experiment, objective.request(), dataset.get());
#ifndef CALDERA_SSL_OBJECTIVE_MAKE_METHOD_H_
#define CALDERA_SSL_OBJECTIVE_MAKE_METHOD_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/terms/model_sizes.h"
#include "ssl/terms/step_context.h"

namespace caldera::ssl {

// Builds the method on the CPU, in float32. `request` is the context that
// auxiliary losses read. `dataset` is the training set, for methods that learn
// its labels; if it is null, the experiment says how many classes there are.
// Returns the errors of ValidateMethod and ClassCount.
absl::StatusOr<std::shared_ptr<Method>> MakeMethod(
    const Experiment& experiment, ContextRequest request,
    const data::Dataset* dataset = nullptr);

// Returns InvalidArgument (NotFound for a file of weights), whose text begins
// with the path of the field in Experiment.
absl::Status ValidateMethod(const Experiment& experiment,
                            const ContextRequest& request);

// Returns the sizes for which the experiment's auxiliary losses are built, or
// the errors of ValidateMethod that concern encoder and teacher.
absl::StatusOr<ModelSizes> SizesOf(const Experiment& experiment);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OBJECTIVE_MAKE_METHOD_H_
