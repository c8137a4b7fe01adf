#include "ssl/distributed/environment.h"

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace caldera::ssl {

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

std::string FirstSet(const Environment& variables,
                     const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (variables(name).has_value()) return name;
  }
  return "";
}

absl::StatusOr<int64_t> ReadNumber(const Environment& variables,
                                   const std::string& name, int64_t low,
                                   int64_t high) {
  const std::optional<std::string> text = variables(name);
  if (!text.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": not set"));
  }
  int64_t value = 0;
  if (!absl::SimpleAtoi(*text, &value) || value < low || value > high) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": ", *text, " is not a whole number from ", low, " to ", high));
  }
  return value;
}

}  // namespace caldera::ssl
