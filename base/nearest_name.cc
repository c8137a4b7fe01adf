#include "base/nearest_name.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "absl/strings/ascii.h"

namespace caldera::base {
namespace {

// Returns Levenshtein's distance: insertions, deletions and replacements.
int64_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<int64_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const int64_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string NearestName(absl::string_view name,
                        const std::vector<std::string>& names) {
  const std::string folded = absl::AsciiStrToLower(name);
  const auto distance = [&](const std::string& candidate) {
    return EditDistance(folded, absl::AsciiStrToLower(candidate));
  };
  return *std::min_element(names.begin(), names.end(),
                           [&](const std::string& a, const std::string& b) {
                             return distance(a) < distance(b);
                           });
}

}  // namespace caldera::base
