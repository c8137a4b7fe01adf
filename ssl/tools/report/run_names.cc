#include "ssl/tools/report/run_names.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/text/printable_text.h"

namespace caldera::ssl {
namespace {

constexpr char kQuotes[] = "\"'";
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

// Returns where a path that begins at `at` ends: at the quote of the kind
// before it, where that is on the same line, or before what no name has.
size_t EndOfPath(const std::string& text, size_t at) {
  if (at > 0 && absl::StrContains(kQuotes, text.substr(at - 1, 1))) {
    for (size_t end = at; end < text.size() && text[end] != '\n'; ++end) {
      if (text[end] == text[at - 1]) return end;
      if (text[end] == '\\') ++end;  // an escape, as of a quote
    }
  }
  return std::min(text.find_first_of(kAfterPath, at), text.size());
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
          absl::StrCat("--run: ", path, " is given twice"));
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
  for (std::string& name : names) name = base::PrintableText(name);
  return names;
}

std::string WithoutFolder(const std::string& path) {
  const std::vector<std::string> parts = Parts(path);
  return path[0] == '/' && parts.size() > 2
             ? absl::StrCat("…/", LastParts(parts, 2))
             : path;
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
    const size_t end = EndOfPath(text, at);
    absl::StrAppend(&out, WithoutFolder(text.substr(at, end - at)));
    at = end;
  }
  return out;
}

}  // namespace caldera::ssl
