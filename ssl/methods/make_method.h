#ifndef CALDERA_SSL_METHODS_MAKE_METHOD_H_
#define CALDERA_SSL_METHODS_MAKE_METHOD_H_

// From an experiment to the method that it names.
//
//   absl::StatusOr<std::shared_ptr<Method>> method = MakeMethod(spec, taps);

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ssl/experiment.pb.h"
#include "ssl/methods/method.h"

namespace caldera::ssl {

// Builds the method on the CPU, in float32. taps: see StepContext. Errors:
// those of ValidateMethod.
absl::StatusOr<std::shared_ptr<Method>> MakeMethod(const Experiment& experiment,
                                                   std::vector<int64_t> taps);

// InvalidArgument whose text begins with the field's path in Experiment.
absl::Status ValidateMethod(const Experiment& experiment);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_MAKE_METHOD_H_
