#include "data/formats/not_read.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "data/decode/image_format.h"

namespace caldera::data {
namespace {

// A longer text after the last dot is part of a name: "of.my.cat".
constexpr size_t kLongestEnding = 8;

// Returns "2 files without an ending", "3 empty folders" or "14 .txt".
std::string Counted(int64_t count, const std::string& kind) {
  if (count == 1 || kind[0] == '.') return absl::StrCat(count, " ", kind);
  // The noun is the first word, or the second of two: "empty folder".
  std::vector<std::string> words = absl::StrSplit(kind, ' ');
  const bool first = words.size() == 1 || words[0] == "file" ||
                     words[0] == "folder" || words[0] == "image" ||
                     words[0] == "link";
  words[first ? 0 : 1] += "s";
  return absl::StrCat(count, " ", absl::StrJoin(words, " "));
}

}  // namespace

void NotRead::Add(const std::string& kind, const std::string& path) {
  Kind& entry = kinds_[kind];
  ++entry.count;
  if (entry.paths.size() < kKept) entry.paths.push_back(path);
}

void NotRead::Add(const std::string& name, const Kind& kind) {
  Kind& entry = kinds_[name];
  entry.count += kind.count;
  for (const std::string& path : kind.paths) {
    if (entry.paths.size() < kKept) entry.paths.push_back(path);
  }
}

void NotRead::Add(const NotRead& other) {
  for (const auto& [name, kind] : other.kinds_) Add(name, kind);
}

std::string NotRead::Text(const std::string& root) const {
  std::vector<std::pair<std::string, Kind>> sorted(kinds_.begin(),
                                                   kinds_.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) {
                     return a.second.count > b.second.count;
                   });
  std::vector<std::string> texts;
  for (const auto& [name, kind] : sorted) {
    std::string text = Counted(kind.count, name);
    if (name[0] != '.' && kind.count <= 2) {
      std::vector<absl::string_view> paths;
      for (absl::string_view path : kind.paths) {
        if (!root.empty() && absl::ConsumePrefix(&path, root)) {
          absl::ConsumePrefix(&path, "/");
        }
        paths.push_back(path);
      }
      absl::StrAppend(&text, " (", absl::StrJoin(paths, ", "), ")");
    }
    texts.push_back(std::move(text));
  }
  return absl::StrJoin(texts, ", ");
}

std::string KindOfFile(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == name.size() ||
      name.size() - dot - 1 > kLongestEnding ||
      absl::StrContains(name.substr(dot), " ")) {
    return "file without an ending";
  }
  const std::string ending = absl::AsciiStrToLower(name.substr(dot));
  const std::string package = MissingPackageFor(name);
  if (package.empty()) return ending;
  return absl::StrCat(ending, " (install ", package, " to read them)");
}

}  // namespace caldera::data
