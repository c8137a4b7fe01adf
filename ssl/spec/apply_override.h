// Applies positional arguments that override a field of a spec.
//
//   ApplyOverride("train.epochs=5", &experiment, &origins);
//   ApplyOverride("auxiliary[0].weight.constant=0.02", &experiment, &origins);
//   ApplyOverride("eval.knn.k=[10,20]", &experiment, &origins);
//   ApplyOverride("regularizer={magma{} weight{constant:0.5}}", ...);
//
// A list replaces all of a repeated field; {...} replaces all of a message.
#ifndef CALDERA_SSL_SPEC_APPLY_OVERRIDE_H_
#define CALDERA_SSL_SPEC_APPLY_OVERRIDE_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ssl/spec/field_origins.h"

namespace caldera::ssl {

// Sets the field in `message` and records the argument as its origin. Errors:
// InvalidArgument for no "=", an unknown field (with the nearest name), an
// index that does not exist, a value of the wrong type.
absl::Status ApplyOverride(absl::string_view argument,
                           google::protobuf::Message* message,
                           FieldOrigins* origins);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_APPLY_OVERRIDE_H_
