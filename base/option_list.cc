#include "base/option_list.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest_name.h"
#include "base/range.h"
#include "base/status.h"

namespace caldera::base {

OptionList::OptionList(const PartSpec& spec) : part_(spec.name()) {
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

void OptionList::Refuse(int place, absl::string_view what) {
  first_error_.Update(
      absl::InvalidArgumentError(absl::StrCat("option[", place, "]: ", what)));
}

const OptionList::Given* OptionList::Find(const OptionDoc& doc) {
  docs_.push_back(doc);
  const auto found = given_.find(doc.name);
  return found == given_.end() ? nullptr : &found->second;
}

template <typename T>
bool OptionList::IsIn(absl::string_view range, const std::string& name,
                      const Given& given, T value) {
  const absl::Status status = Range(range).Check("", value);
  if (status.ok()) return true;
  // Check has written ": <value> is not ...".
  const absl::string_view text = status.message();
  Refuse(given.place, absl::StrCat(name, "=", text.substr(2)));
  return false;
}

void OptionList::Add(const std::string& name, double* value,
                     absl::string_view range, absl::string_view meaning) {
  const Given* given = Find({name, "number", absl::StrCat(*value),
                             Range(range).interval(), std::string(meaning)});
  if (given == nullptr) return;
  double read = 0;
  if (!absl::SimpleAtod(given->value, &read) || !std::isfinite(read)) {
    return Refuse(given->place,
                  absl::StrCat(name, "=", given->value, " is not a number"));
  }
  if (IsIn(range, name, *given, read)) *value = read;
}

void OptionList::Add(const std::string& name, int64_t* value,
                     absl::string_view range, absl::string_view meaning) {
  const Given* given = Find({name, "integer", absl::StrCat(*value),
                             Range(range).interval(), std::string(meaning)});
  if (given == nullptr) return;
  int64_t read = 0;
  if (!absl::SimpleAtoi(given->value, &read)) {
    return Refuse(given->place,
                  absl::StrCat(name, "=", given->value, " is not an integer"));
  }
  if (IsIn(range, name, *given, read)) *value = read;
}

void OptionList::Add(const std::string& name, bool* value,
                     absl::string_view meaning) {
  const Given* given = Find({name, "true or false", *value ? "true" : "false",
                             "", std::string(meaning)});
  if (given == nullptr) return;
  if (given->value != "true" && given->value != "false") {
    return Refuse(given->place, absl::StrCat(name, "=", given->value,
                                             " is neither true nor false"));
  }
  *value = given->value == "true";
}

void OptionList::Add(const std::string& name, std::string* value,
                     const std::vector<std::string>& choices,
                     absl::string_view meaning) {
  const Given* given =
      Find({name, "text", *value, absl::StrJoin(choices, " | "),
            std::string(meaning)});
  if (given == nullptr) return;
  if (!choices.empty() && std::find(choices.begin(), choices.end(),
                                    given->value) == choices.end()) {
    return Refuse(given->place,
                  absl::StrCat(name, "=", given->value, " is none of ",
                               absl::StrJoin(choices, ", ")));
  }
  *value = given->value;
}

absl::Status OptionList::status() const {
  RETURN_IF_ERROR(first_error_);
  std::vector<std::string> names;
  for (const OptionDoc& doc : docs_) names.push_back(doc.name);
  for (const auto& [key, given] : given_) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    const std::string what = absl::StrCat("option[", given.place, "]: ", part_,
                                          " has no option \"", key, "\"");
    return absl::InvalidArgumentError(
        names.empty() ? absl::StrCat(what, ", and no others; leave it out")
                      : absl::StrCat(what, "; did you mean \"",
                                     NearestName(key, names), "\"?"));
  }
  return absl::OkStatus();
}

}  // namespace caldera::base
