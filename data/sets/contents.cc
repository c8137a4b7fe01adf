#include "data/sets/contents.h"

#include <glog/logging.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/text/printable_text.h"
#include "data/formats/not_read.h"
#include "data/split.h"

namespace caldera::data {
namespace {

// Returns "12,480".
std::string Grouped(int64_t number) {
  std::string text = absl::StrCat(number);
  for (int64_t i = static_cast<int64_t>(text.size()) - 3; i > 0; i -= 3) {
    text.insert(i, ",");
  }
  return text;
}

// Returns "1 class" or "37 classes".
std::string Counted(int64_t number, const std::string& thing,
                    const std::string& things) {
  return absl::StrCat(Grouped(number), " ", number == 1 ? thing : things);
}

int64_t Unlabelled(const Dataset& set) {
  if (set.info().num_classes == 0) return set.size();
  int64_t count = 0;
  for (int64_t i = 0; i < set.size(); ++i) count += set.Label(i) < 0 ? 1 : 0;
  return count;
}

// Returns "train 10,000", with the number of those without a label.
std::string SplitText(const Dataset& set, int64_t unlabelled) {
  const std::string text =
      absl::StrCat(SplitName(set.info().split), " ", Grouped(set.size()));
  if (set.info().num_classes == 0 || unlabelled == 0) return text;
  if (unlabelled == set.size()) return absl::StrCat(text, " without labels");
  return absl::StrCat(text, " with ", Grouped(unlabelled), " unlabelled");
}

NotRead AllNotRead(const std::vector<std::shared_ptr<const Dataset>>& opened) {
  NotRead all;
  for (const auto& set : opened) all.Add(set->info().not_read);
  return all;
}

}  // namespace

std::string ContentsLine(
    const std::vector<std::shared_ptr<const Dataset>>& opened) {
  CHECK(!opened.empty());
  const DatasetInfo& info = opened[0]->info();
  int64_t images = 0, classes = 0, unlabelled = 0;
  std::vector<std::string> splits;
  for (const auto& set : opened) {
    images += set->size();
    classes = std::max(classes, set->info().num_classes);
    const int64_t of_set = Unlabelled(*set);
    unlabelled += of_set;
    splits.push_back(SplitText(*set, of_set));
  }
  int64_t split_count = 0;
  for (const Split split : info.splits) {
    if (split == Split::kTrainUnlabeled) continue;  // of two others
    ++split_count;
    const bool is_opened = std::any_of(
        opened.begin(), opened.end(),
        [&](const auto& set) { return set->info().split == split; });
    if (!is_opened) splits.push_back(SplitName(split));
  }
  std::string line = absl::StrCat(
      Counted(images, "image", "images"), ", ",
      classes == 0 ? "no labels" : Counted(classes, "class", "classes"), ", ",
      Counted(split_count, "split", "splits"));
  if (splits.size() > 1 || (classes > 0 && unlabelled > 0)) {
    absl::StrAppend(&line, " (", absl::StrJoin(splits, ", "), ")");
  }
  const std::string not_read =
      base::PrintableText(AllNotRead(opened).Text(info.folder));
  if (!not_read.empty()) absl::StrAppend(&line, "; not read: ", not_read);
  return line;
}

std::string NotReadList(
    const std::vector<std::shared_ptr<const Dataset>>& opened, int64_t most) {
  std::string text;
  const NotRead all = AllNotRead(opened);
  for (const auto& [name, kind] : all.kinds()) {
    absl::StrAppend(&text, "not read, ", base::PrintableText(name), ": ",
                    Grouped(kind.count), "\n");
    const int64_t shown = std::clamp<int64_t>(most, 0, kind.paths.size());
    for (int64_t i = 0; i < shown; ++i) {
      absl::StrAppend(&text, "  ", base::PrintableText(kind.paths[i]), "\n");
    }
    if (kind.count > shown) {
      absl::StrAppend(&text, "  and ", Grouped(kind.count - shown), " more\n");
    }
  }
  return text;
}

}  // namespace caldera::data
