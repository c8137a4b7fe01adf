#ifndef CALDERA_SSL_METHODS_MAKE_METHOD_H_
#define CALDERA_SSL_METHODS_MAKE_METHOD_H_

// From an experiment to the method that it names.
//
//   auto method = MakeMethod(experiment, objective.request());

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ssl/experiment.pb.h"
#include "ssl/losses/model_sizes.h"
#include "ssl/losses/step_context.h"
#include "ssl/methods/method.h"

namespace caldera::ssl {

// Builds the method on the CPU, in float32. request: what auxiliary losses
// read. Errors: those of ValidateMethod.
absl::StatusOr<std::shared_ptr<Method>> MakeMethod(const Experiment& experiment,
                                                   ContextRequest request);

// InvalidArgument (NotFound for a teacher's file) whose text begins with the
// field's path in Experiment.
absl::Status ValidateMethod(const Experiment& experiment,
                            const ContextRequest& request);

// What the experiment's auxiliary losses are built for. The errors of
// ValidateMethod that concern encoder and teacher.
absl::StatusOr<ModelSizes> SizesOf(const Experiment& experiment);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_MAKE_METHOD_H_
