#include "data/formats/class_list.h"

#include <unordered_map>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/read_file.h"
#include "base/status.h"

namespace caldera::data {

absl::StatusOr<std::vector<ListedClass>> ReadClassList(
    const std::string& path) {
  ASSIGN_OR_RETURN(const std::vector<std::string> lines, base::ReadLines(path));
  std::vector<ListedClass> classes;
  std::unordered_map<std::string, int64_t> seen;  // line of each name
  for (int64_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    for (const absl::string_view word :
         absl::StrSplit(absl::string_view(line).substr(0, line.find('#')),
                        absl::ByAnyChar(" \t"), absl::SkipEmpty())) {
      const std::string name(word);
      const auto [first, fresh] = seen.emplace(name, i + 1);
      if (!fresh) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ":", i + 1, ": class ", name, " stands in line ",
                         first->second, " already; remove one of them"));
      }
      classes.push_back({name, i + 1});
    }
  }
  if (classes.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": names no class; write the name of a class folder a line"));
  }
  return classes;
}

}  // namespace caldera::data
