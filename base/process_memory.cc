#include "base/process_memory.h"

#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace caldera::base {

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

}  // namespace caldera::base
