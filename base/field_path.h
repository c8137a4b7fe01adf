// Adds the path of a spec's field to an error. A validation error begins with
// the field's path relative to its message; the caller that contains this
// message puts its own path in front.
//
//   return Within("loader", Validate(spec.loader()));
//   // "workers: -1 is not ..." becomes "loader.workers: -1 is not ..."
//
// An error of a message about itself, and about no field of it, begins with a
// colon: ": needs a teacher" becomes "mimic: needs a teacher".
#ifndef CALDERA_BASE_FIELD_PATH_H_
#define CALDERA_BASE_FIELD_PATH_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::base {

// Returns an error about a field of `field`, "field.<message>", or about
// `field` itself, "field<message>", if the message begins with a colon. OK
// stays OK.
absl::Status Within(absl::string_view field, const absl::Status& status);

// Does the same for a result; a value stays as it is.
template <typename T>
absl::StatusOr<T> Within(absl::string_view field, absl::StatusOr<T> result) {
  if (result.ok()) return result;
  return Within(field, result.status());
}

// Returns an error about `field` itself: "field: <message>". OK stays OK.
absl::Status About(absl::string_view field, const absl::Status& status);

// Does the same for a result; a value stays as it is.
template <typename T>
absl::StatusOr<T> About(absl::string_view field, absl::StatusOr<T> result) {
  if (result.ok()) return result;
  return About(field, result.status());
}

}  // namespace caldera::base

#endif  // CALDERA_BASE_FIELD_PATH_H_
