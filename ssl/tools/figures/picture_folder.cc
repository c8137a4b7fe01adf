#include "ssl/tools/figures/picture_folder.h"

#include <algorithm>
#include <climits>
#include <cstdint>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace caldera::ssl {

std::string PictureFolder(const std::string& run) {
  std::vector<std::string> parts =
      absl::StrSplit(run, absl::ByAnyChar("/."), absl::SkipEmpty());
  const size_t kept = std::min<size_t>(parts.size(), 3);
  parts.erase(parts.begin(), parts.end() - static_cast<int64_t>(kept));
  const std::string name = absl::StrJoin(parts, "_");
  return name.substr(name.size() - std::min<size_t>(name.size(), NAME_MAX));
}

}  // namespace caldera::ssl
