#include "base/process_memory.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace caldera::base {
namespace {

// The names of one version's files and of the lines of its memory.stat.
struct Version {
  const char* folder;
  const char* limit;
  const char* use;
  const char* files[2];
};
constexpr Version kV1 = {"/sys/fs/cgroup/memory",
                         "/memory.limit_in_bytes",
                         "/memory.usage_in_bytes",
                         {"total_inactive_file", "total_active_file"}};
constexpr Version kV2 = {"/sys/fs/cgroup",
                         "/memory.max",
                         "/memory.current",
                         {"inactive_file", "active_file"}};

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

// Returns what a group and those around it leave. A container sees its own
// group as the topmost folder, so folders that are not there are passed over.
std::optional<int64_t> LeftBy(const Version& version, const std::string& root,
                              std::string group) {
  std::optional<int64_t> least;
  while (true) {
    while (absl::EndsWith(group, "/")) group.pop_back();
    const std::string folder = absl::StrCat(root, version.folder, group);
    const auto limit = ReadNumber(folder + version.limit);
    const auto use = ReadNumber(folder + version.use);
    if (limit.has_value() && use.has_value()) {
      const std::string stat = folder + "/memory.stat";
      const int64_t files =
          ReadStat(stat, version.files[0]) + ReadStat(stat, version.files[1]);
      Lower(*limit - std::max<int64_t>(0, *use - files), &least);
    }
    if (group.empty()) return least;
    group.resize(group.find_last_of('/') == std::string::npos
                     ? 0
                     : group.find_last_of('/'));
  }
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
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    // Version 2 has "0::/a/b", version 1 "5:memory:/a/b".
    const std::vector<std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    if (parts[1].empty()) {
      Lower(LeftBy(kV2, root, parts[2]), &least);
    } else if (std::find(controllers.begin(), controllers.end(), "memory") !=
               controllers.end()) {
      Lower(LeftBy(kV1, root, parts[2]), &least);
    }
  }
  if (least.has_value()) least = std::max<int64_t>(0, *least);
  return least;
}

}  // namespace caldera::base
