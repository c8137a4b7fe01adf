#include "base/machine/process_memory.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/machine/control_groups.h"

namespace caldera::base {
namespace {

// The names of one version's files and of the lines of its memory.stat.
struct Version {
  const char* limit;
  const char* use;
  const char* files[2];
};
constexpr Version kV1 = {"/memory.limit_in_bytes",
                         "/memory.usage_in_bytes",
                         {"total_inactive_file", "total_active_file"}};
constexpr Version kV2 = {
    "/memory.max", "/memory.current", {"inactive_file", "active_file"}};

// Returns the number that a file holds; none for "max" and without the file.
std::optional<int64_t> ReadNumber(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  int64_t number = 0;
  if (!(file >> word) || !absl::SimpleAtoi(word, &number)) return std::nullopt;
  return number;
}

// Returns the number behind `key` in a file of lines "key number"; 0 without.
int64_t ReadStat(const std::string& path, absl::string_view key) {
  std::ifstream file(path);
  std::string word;
  int64_t number = 0;
  while (file >> word >> number) {
    if (word == key) return number;
  }
  return 0;
}

void Lower(const std::optional<int64_t>& other, std::optional<int64_t>* least) {
  if (other.has_value()) *least = std::min(*other, least->value_or(*other));
}

// Returns what a group leaves below its limit; none where it has no limit.
std::optional<int64_t> LeftBy(const ControlGroup& group) {
  const Version& version = group.version == 1 ? kV1 : kV2;
  const auto limit = ReadNumber(group.folder + version.limit);
  const auto use = ReadNumber(group.folder + version.use);
  if (!limit.has_value() || !use.has_value()) return std::nullopt;
  const std::string stat = group.folder + "/memory.stat";
  const int64_t files =
      ReadStat(stat, version.files[0]) + ReadStat(stat, version.files[1]);
  return *limit - std::max<int64_t>(0, *use - files);
}

}  // namespace

std::optional<int64_t> ReadKilobytes(const std::string& path,
                                     const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, key)) continue;
    const std::vector<std::string> words = absl::StrSplit(
        line.substr(key.size()), absl::ByAnyChar(" \t"), absl::SkipEmpty());
    int64_t kilobytes = 0;
    if (words.empty() || !absl::SimpleAtoi(words[0], &kilobytes)) break;
    return kilobytes * 1024;
  }
  return std::nullopt;
}

std::optional<int64_t> FreeMemory(const std::string& root) {
  std::optional<int64_t> least =
      ReadKilobytes(root + "/proc/meminfo", "MemAvailable:");
  for (const ControlGroup& group : ControlGroups("memory", root)) {
    Lower(LeftBy(group), &least);
  }
  if (least.has_value()) least = std::max<int64_t>(0, *least);
  return least;
}

}  // namespace caldera::base
