// The environment variables that launchers of processes set.
//
//   const Environment variables = ProcessEnvironment();
//   ASSIGN_OR_RETURN(const int64_t rank, ReadNumber(variables, "RANK", 0, 7));
//
// A variable without a text counts as not set.
#ifndef CALDERA_SSL_DISTRIBUTED_ENVIRONMENT_H_
#define CALDERA_SSL_DISTRIBUTED_ENVIRONMENT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::ssl {

// Returns the value of a variable, nullopt if it is not set.
using Environment =
    std::function<std::optional<std::string>(const std::string& name)>;

// Returns the variables of this process.
Environment ProcessEnvironment();

// Returns the first of `names` that is set; "" if none is.
std::string FirstSet(const Environment& variables,
                     const std::vector<std::string>& names);

// Returns the variable as an integer in [low, high]. Returns InvalidArgument,
// which names the variable and its value, if it is not one or is not set.
absl::StatusOr<int64_t> ReadNumber(const Environment& variables,
                                   const std::string& name, int64_t low,
                                   int64_t high);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_DISTRIBUTED_ENVIRONMENT_H_
