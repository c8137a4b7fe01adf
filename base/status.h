// Passes an error on to the caller.
//
//   absl::StatusOr<Spec> Load(const std::string& path) {
//     RETURN_IF_ERROR(CheckName(path));
//     ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path, kMax));
//     ASSIGN_OR_RETURN(Spec spec, base::Within("spec", Parse(text)));
//     return spec;
//   }
//
// base::Within and base::About (base/field_path.h) put a context in front of
// the error.
//
// Caveats: a comma outside parentheses ends the declaration of
// ASSIGN_OR_RETURN. ASSIGN_OR_RETURN consists of several statements: give it a
// block of its own under an `if`.
#ifndef CALDERA_BASE_STATUS_H_
#define CALDERA_BASE_STATUS_H_

#include <utility>

#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caldera::base {

// Returns the status of a Status or of a StatusOr.
inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace caldera::base

#define CALDERA_STATUS_JOIN_INNER(a, b) a##b
#define CALDERA_STATUS_JOIN(a, b) CALDERA_STATUS_JOIN_INNER(a, b)

// Returns the error of a Status or StatusOr expression; continues if it is OK.
#define RETURN_IF_ERROR(...)                            \
  do {                                                  \
    if (const auto& caldera_status = (__VA_ARGS__);     \
        ABSL_PREDICT_FALSE(!caldera_status.ok())) {     \
      return ::caldera::base::StatusOf(caldera_status); \
    }                                                   \
  } while (false)

// Declares or assigns the value of a StatusOr expression, or returns its error.
#define ASSIGN_OR_RETURN(declaration, ...)                                 \
  CALDERA_ASSIGN_OR_RETURN(CALDERA_STATUS_JOIN(caldera_result_, __LINE__), \
                           declaration, __VA_ARGS__)

#define CALDERA_ASSIGN_OR_RETURN(result, declaration, ...) \
  auto result = (__VA_ARGS__);                             \
  if (ABSL_PREDICT_FALSE(!result.ok())) {                  \
    return std::move(result).status();                     \
  }                                                        \
  declaration = *std::move(result)

#endif  // CALDERA_BASE_STATUS_H_
