#include "ssl/custom/custom_options.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest_name.h"
#include "base/status.h"

namespace caldera::ssl {

CustomOptions::CustomOptions(const CustomSpec& spec) : name_(spec.name()) {
  for (int i = 0; i < spec.option_size(); ++i) {
    const std::string& option = spec.option(i);
    const size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0) {
      Refuse(i, "is not of the form key=value");
      continue;
    }
    const std::string key = option.substr(0, equals);
    if (!given_.emplace(key, Given{i, option.substr(equals + 1)}).second) {
      Refuse(i, absl::StrCat("\"", key, "\" is given twice"));
    }
  }
}

void CustomOptions::Refuse(int place, absl::string_view what) {
  first_error_.Update(
      absl::InvalidArgumentError(absl::StrCat("option[", place, "]: ", what)));
}

const CustomOptions::Given* CustomOptions::Find(const std::string& key) {
  known_.push_back(key);
  const auto found = given_.find(key);
  return found == given_.end() ? nullptr : &found->second;
}

double CustomOptions::Number(const std::string& key, double default_value) {
  const Given* given = Find(key);
  if (given == nullptr) return default_value;
  double value = 0;
  if (absl::SimpleAtod(given->value, &value) && std::isfinite(value)) {
    return value;
  }
  Refuse(given->place, absl::StrCat(key, "=", given->value, " is no number"));
  return default_value;
}

int64_t CustomOptions::Integer(const std::string& key, int64_t default_value) {
  const Given* given = Find(key);
  if (given == nullptr) return default_value;
  int64_t value = 0;
  if (absl::SimpleAtoi(given->value, &value)) return value;
  Refuse(given->place, absl::StrCat(key, "=", given->value, " is no integer"));
  return default_value;
}

std::string CustomOptions::Choice(const std::string& key,
                                  const std::string& default_value,
                                  const std::vector<std::string>& choices) {
  const Given* given = Find(key);
  if (given == nullptr) return default_value;
  if (std::find(choices.begin(), choices.end(), given->value) !=
      choices.end()) {
    return given->value;
  }
  Refuse(given->place, absl::StrCat(key, "=", given->value, " is none of ",
                                    absl::StrJoin(choices, ", ")));
  return default_value;
}

absl::Status CustomOptions::Check() const {
  RETURN_IF_ERROR(first_error_);
  for (const auto& [key, given] : given_) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string what = absl::StrCat("option[", given.place, "]: ", name_,
                                          " has no option \"", key, "\"");
    return absl::InvalidArgumentError(
        known_.empty() ? absl::StrCat(what, ", and no others; leave it out")
                       : absl::StrCat(what, "; did you mean \"",
                                      base::NearestName(key, known_), "\"?"));
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
