// Finds the name that a misspelling most likely meant, for error messages.
//
//   NearestName("epoch", {"epochs", "steps"});  // "epochs"
#ifndef CALDERA_BASE_NEAREST_NAME_H_
#define CALDERA_BASE_NEAREST_NAME_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace caldera::base {

// Returns the first of `names` (at least one) with the smallest edit distance
// from `name`, ignoring case.
std::string NearestName(absl::string_view name,
                        const std::vector<std::string>& names);

}  // namespace caldera::base

#endif  // CALDERA_BASE_NEAREST_NAME_H_
