#include "ssl/distributed/node_list.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace caldera::ssl {
namespace {

constexpr size_t kMostHosts = 65536;

// Splits at the commas that are not inside brackets.
std::vector<std::string> SplitOutside(absl::string_view list) {
  std::vector<std::string> parts(1);
  bool inside = false;
  for (const char c : list) {
    if (c == '[') inside = true;
    if (c == ']') inside = false;
    if (c == ',' && !inside) {
      parts.emplace_back();
    } else if (c != ' ') {
      parts.back() += c;
    }
  }
  return parts;
}

// Returns the texts of "07-09,12": 07, 08, 09, 12. Zeros in front of the first
// number say how many digits all of a range have.
std::vector<std::string> ExpandNumbers(absl::string_view numbers) {
  std::vector<std::string> texts;
  for (const std::string& range :
       std::vector<std::string>(absl::StrSplit(numbers, ','))) {
    const std::pair<std::string, std::string> ends =
        absl::StrSplit(range, absl::MaxSplits('-', 1));
    uint64_t first = 0, last = 0;
    if (!absl::SimpleAtoi(ends.first, &first) ||
        !absl::SimpleAtoi(ends.second, &last)) {
      texts.push_back(range);
      continue;
    }
    for (; first <= last && texts.size() < kMostHosts; ++first) {
      std::string digits = absl::StrCat(first);
      if (digits.size() < ends.first.size()) {
        digits.insert(0, ends.first.size() - digits.size(), '0');
      }
      texts.push_back(digits);
    }
  }
  return texts;
}

// Appends the hosts of one entry, which begin with `before`; each bracket of
// "rack[1-2]n[01-02]" counts through the ones behind it.
void AppendHosts(const std::string& before, absl::string_view rest,
                 std::vector<std::string>& hosts) {
  if (hosts.size() >= kMostHosts) return;
  const size_t open = rest.find('[');
  if (open == absl::string_view::npos) {
    if (!before.empty() || !rest.empty()) {
      hosts.push_back(absl::StrCat(before, rest));
    }
    return;
  }
  const size_t close = rest.find(']', open);
  const bool closed = close != absl::string_view::npos;
  const absl::string_view behind = closed ? rest.substr(close + 1) : "";
  for (const std::string& number :
       ExpandNumbers(rest.substr(open + 1, close - open - 1))) {
    AppendHosts(absl::StrCat(before, rest.substr(0, open), number), behind,
                hosts);
  }
}

}  // namespace

std::vector<std::string> ExpandNodeList(absl::string_view node_list) {
  std::vector<std::string> hosts;
  for (const std::string& entry : SplitOutside(node_list)) {
    AppendHosts("", entry, hosts);
  }
  return hosts;
}

std::optional<int64_t> NumberOfNode(absl::string_view counts, int64_t node) {
  for (const std::string& entry :
       std::vector<std::string>(absl::StrSplit(counts, ','))) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(entry, absl::MaxSplits("(x", 1));
    int64_t value = 0, times = 1;
    if (!absl::SimpleAtoi(parts.first, &value)) return std::nullopt;
    if (!parts.second.empty() &&
        !absl::SimpleAtoi(parts.second.substr(0, parts.second.find(')')),
                          &times)) {
      return std::nullopt;
    }
    if (node < times) return value;
    node -= times;
  }
  return std::nullopt;
}

}  // namespace caldera::ssl
