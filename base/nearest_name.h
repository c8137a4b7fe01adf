#ifndef CALDERA_BASE_NEAREST_NAME_H_
#define CALDERA_BASE_NEAREST_NAME_H_

// The name that a misspelling most likely meant, for error messages.
//
//   NearestName("epoch", {"epochs", "steps"});  // "epochs"

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace caldera::base {

// The first of `names` (at least one) at the least edit distance from `name`,
// upper and lower case alike.
std::string NearestName(absl::string_view name,
                        const std::vector<std::string>& names);

}  // namespace caldera::base

#endif  // CALDERA_BASE_NEAREST_NAME_H_
