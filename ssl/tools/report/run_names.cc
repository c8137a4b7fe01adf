#include "ssl/tools/report/run_names.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace caldera::ssl {
namespace {

constexpr char kBeforePath[] = "\"' =(";
constexpr char kAfterPath[] = "\"' \n),;";

std::vector<std::string> Parts(const std::string& path) {
  std::vector<std::string> parts;
  for (const absl::string_view part :
       absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (part != ".") parts.emplace_back(part);
  }
  return parts;
}

std::string LastParts(const std::vector<std::string>& parts, size_t count) {
  const size_t kept = std::min(parts.size(), count);
  return absl::StrJoin(parts.end() - static_cast<int64_t>(kept), parts.end(),
                       "/");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> RunNames(
    const std::vector<std::string>& paths) {
  std::vector<std::vector<std::string>> parts;
  size_t longest = 2;
  for (const std::string& path : paths) {
    parts.push_back(Parts(path));
    longest = std::max(longest, parts.back().size());
    if (std::count(parts.begin(), parts.end(), parts.back()) > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("--run_dir: ", path, " is given twice"));
    }
  }
  std::vector<std::string> names;
  for (size_t count = 2; count <= longest; ++count) {
    names.clear();
    for (const auto& path : parts) names.push_back(LastParts(path, count));
    if (std::set<std::string>(names.begin(), names.end()).size() ==
        names.size()) {
      break;
    }
  }
  return names;
}

std::string WithoutFolders(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const bool begins =
        text[at] == '/' &&
        (at == 0 || absl::StrContains(kBeforePath, text.substr(at - 1, 1)));
    if (!begins) {
      out += text[at++];
      continue;
    }
    const size_t end =
        std::min(text.find_first_of(kAfterPath, at), text.size());
    const std::string path = text.substr(at, end - at);
    const std::vector<std::string> parts = Parts(path);
    absl::StrAppend(&out, parts.size() > 2
                              ? absl::StrCat("…/", LastParts(parts, 2))
                              : path);
    at = end;
  }
  return out;
}

}  // namespace caldera::ssl
