#ifndef CALDERA_SSL_SPEC_APPLY_OVERRIDE_H_
#define CALDERA_SSL_SPEC_APPLY_OVERRIDE_H_

// Positional arguments that override a field of a spec.
//
//   ApplyOverride("train.epochs=5", &experiment, &origins);
//   ApplyOverride("auxiliary[0].weight.constant=0.02", &experiment, &origins);
//   ApplyOverride("eval.knn.k=[10,20]", &experiment, &origins);
//   ApplyOverride("regularizer={magma{} weight{constant:0.5}}", ...);
//
// A list replaces the whole repeated field; {...} replaces the whole message.

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ssl/spec/field_origins.h"

namespace caldera::ssl {

// Errors, InvalidArgument: no "=", an unknown field (with the nearest name), an
// index that does not exist, a value of the wrong type.
absl::Status ApplyOverride(absl::string_view argument,
                           google::protobuf::Message* message,
                           FieldOrigins* origins);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPEC_APPLY_OVERRIDE_H_
