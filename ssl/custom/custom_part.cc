#include "ssl/custom/custom_part.h"

#include <glog/logging.h>

#include "absl/strings/str_cat.h"
#include "base/nearest_name.h"

namespace caldera::ssl {
namespace {

std::map<std::string, std::string>& AllExamples() {
  static auto& all = *new std::map<std::string, std::string>();
  return all;
}

}  // namespace

void AddCustomExample(const std::string& name, const std::string& example) {
  CHECK(AllExamples().emplace(name, example).second)
      << "two custom parts are called " << name;
}

const std::map<std::string, std::string>& CustomExamples() {
  return AllExamples();
}

absl::Status NoSuchPart(const std::string& name,
                        const std::vector<std::string>& registered) {
  const std::string what =
      name.empty() ? "name: none is given"
                   : absl::StrCat("name: \"", name,
                                  "\" is no registered part of this kind");
  return absl::InvalidArgumentError(
      registered.empty()
          ? absl::StrCat(what,
                         ", and no other is; write one "
                         "(docs/adding-a-method.md)")
          : absl::StrCat(what, "; did you mean \"",
                         base::NearestName(name, registered), "\"?"));
}

}  // namespace caldera::ssl
