#include "ssl/custom/custom_part.h"

#include "absl/strings/str_cat.h"
#include "base/nearest_name.h"

namespace caldera::ssl {

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
