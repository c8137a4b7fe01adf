#include "data/split.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/nearest_name.h"

namespace caldera::data {
namespace {

constexpr Split kAll[] = {Split::kTrain, Split::kTest, Split::kValidation,
                          Split::kUnlabeled, Split::kTrainUnlabeled};

}  // namespace

std::string SplitName(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kTest:
      return "test";
    case Split::kValidation:
      return "validation";
    case Split::kUnlabeled:
      return "unlabeled";
    case Split::kTrainUnlabeled:
      return "train+unlabeled";
  }
  return "";
}

absl::StatusOr<Split> ParseSplit(absl::string_view name) {
  std::vector<std::string> names;
  for (const Split split : kAll) {
    names.push_back(SplitName(split));
    if (name == names.back()) return split;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", name, "' is no split; did you mean ", base::NearestName(name, names),
      "? There are ", absl::StrJoin(names, ", ")));
}

std::string SplitNames(const std::vector<Split>& splits) {
  return absl::StrJoin(splits, ", ", [](std::string* out, Split split) {
    out->append(SplitName(split));
  });
}

absl::Status CheckSplit(Split split, const std::vector<Split>& splits,
                        absl::string_view dataset) {
  if (std::find(splits.begin(), splits.end(), split) != splits.end()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(dataset, ": has no split ", SplitName(split),
                   "; choose from ", SplitNames(splits)));
}

}  // namespace caldera::data
