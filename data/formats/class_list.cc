#include "data/formats/class_list.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/read_file.h"
#include "base/status.h"

namespace caldera::data {

namespace {

// What editors of Windows put in front of UTF-8.
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Returns the names in a line.
std::vector<std::string> NamesIn(
    absl::string_view line, const std::unordered_set<std::string>& folders) {
  const absl::string_view text = line.substr(0, line.find('#'));
  for (const absl::string_view whole : {line, absl::StripAsciiWhitespace(line),
                                        absl::StripAsciiWhitespace(text)}) {
    std::string name(whole);
    if (folders.count(name) > 0) return {std::move(name)};
  }
  return absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

}  // namespace

absl::StatusOr<std::vector<ListedClass>> ReadClassList(
    const std::string& path, const std::vector<std::string>& folders) {
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, base::ReadLines(path));
  const std::unordered_set<std::string> known(folders.begin(), folders.end());
  std::vector<ListedClass> classes;
  std::unordered_map<std::string, int64_t> seen;  // line of each name
  for (int64_t i = 0; i < lines.size(); ++i) {
    absl::string_view line = lines[i];
    if (i == 0) absl::ConsumePrefix(&line, kByteOrderMark);
    for (std::string& name : NamesIn(line, known)) {
      const auto [first, fresh] = seen.emplace(name, i + 1);
      if (!fresh) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ":", i + 1, ": class ", name, " stands in line ",
                         first->second, " already; remove one of them"));
      }
      classes.push_back({std::move(name), i + 1});
    }
  }
  if (classes.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": names no class; write the name of a class folder a line"));
  }
  return classes;
}

}  // namespace caldera::data
