#include "base/program/repeated_flag.h"

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace caldera::base {

std::vector<std::string> ValuesOfFlag(const std::string& name, int argc,
                                      char* const* argv) {
  std::vector<std::string> values;
  for (int i = 1; i < argc && absl::string_view(argv[i]) != "--"; ++i) {
    absl::string_view rest = argv[i];
    if (!absl::ConsumePrefix(&rest, "-")) continue;
    absl::ConsumePrefix(&rest, "-");
    if (!absl::ConsumePrefix(&rest, name)) continue;
    if (absl::ConsumePrefix(&rest, "=")) {
      values.emplace_back(rest);
    } else if (rest.empty() && i + 1 < argc) {
      values.emplace_back(argv[++i]);
    }
  }
  return values;
}

}  // namespace caldera::base
