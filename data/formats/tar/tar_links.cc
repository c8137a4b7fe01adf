#include "data/formats/tar/tar_links.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace caldera::data {
namespace {

// Links to links end after so many, as in Linux.
constexpr int kMaxSteps = 40;

// Returns the path without ".", ".." and empty folders: "a/b.jpg" for
// "./a/c/../b.jpg".
std::string Clean(absl::string_view path) {
  std::vector<absl::string_view> words;
  for (const absl::string_view word :
       absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (word == "..") {
      if (!words.empty()) words.pop_back();
    } else if (word != ".") {
      words.push_back(word);
    }
  }
  return absl::StrJoin(words, "/");
}

// The numbers of the members of each name, in their order.
using ByName = std::unordered_map<std::string, std::vector<size_t>>;

// Returns the member of that name which a link at `from` means; `from` if there
// is none.
size_t Find(const ByName& by_name, const std::string& name, size_t from) {
  const auto found = by_name.find(name);
  if (found == by_name.end()) return from;
  const std::vector<size_t>& numbers = found->second;
  const auto next = std::lower_bound(numbers.begin(), numbers.end(), from);
  if (next != numbers.begin()) return *(next - 1);
  const auto after = next != numbers.end() && *next == from ? next + 1 : next;
  return after == numbers.end() ? from : *after;
}

}  // namespace

void TarLinks::AddHardLink(size_t member, absl::string_view target) {
  targets_[member] = Clean(target);
}

void TarLinks::AddSymbolicLink(size_t member, absl::string_view name,
                               absl::string_view target) {
  const size_t slash = name.rfind('/');
  const absl::string_view folder =
      target.substr(0, 1) == "/" || slash == name.npos ? ""
                                                       : name.substr(0, slash);
  targets_[member] = Clean(absl::StrCat(folder, "/", target));
}

void TarLinks::AddFolder(absl::string_view name) {
  folders_.insert(Clean(name));
}

void TarLinks::Resolve(std::vector<TarMember>& members,
                       NotRead& not_read) const {
  if (targets_.empty()) return;
  ByName by_name;
  for (size_t i = 0; i < members.size(); ++i) {
    by_name[Clean(members[i].name)].push_back(i);
  }
  std::vector<TarMember> kept;
  for (size_t i = 0; i < members.size(); ++i) {
    const auto link = targets_.find(i);
    if (link == targets_.end()) {
      kept.push_back(members[i]);
      continue;
    }
    size_t at = i;
    bool to_folder = false;
    for (int step = 0; step < kMaxSteps; ++step) {
      const auto target = targets_.find(at);
      if (target == targets_.end()) break;
      const size_t found = Find(by_name, target->second, at);
      to_folder = found == at && folders_.count(target->second) > 0;
      if (found == at) break;
      at = found;
    }
    if (targets_.count(at) > 0) {
      if (!to_folder) not_read.Add("link to nothing", members[i].name);
    } else if (at > i || Clean(members[at].name) != Clean(members[i].name)) {
      kept.push_back(members[at]);
      kept.back().name = members[i].name;
      kept.back().part = members[i].part;
    }
  }
  members = std::move(kept);
}

}  // namespace caldera::data
