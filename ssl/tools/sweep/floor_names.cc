#include "ssl/tools/sweep/floor_names.h"

#include "absl/strings/str_cat.h"

namespace caldera::ssl {

const std::string& FloorNames::Of(const std::string& short_name,
                                  const std::string& what,
                                  const std::string& spec) {
  std::string& name = given_[absl::StrCat(short_name, "\n", what)];
  if (name.empty()) {
    name = taken_.insert(short_name).second
               ? short_name
               : absl::StrCat(short_name, " of ", spec);
  }
  return name;
}

}  // namespace caldera::ssl
