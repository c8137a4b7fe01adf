#include "eval/features/opened_splits.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "data/sets/open_dataset.h"
#include "data/split.h"

namespace caldera::eval {
namespace {

// Opens a split of the set of which `some` is open into `set`; returns why it
// is not there.
absl::Status OpenBeside(const data::DataSpec& spec, const data::Dataset& some,
                        data::Split split, DatasetPointer* set) {
  const data::DatasetInfo& info = some.info();
  if (std::count(info.splits.begin(), info.splits.end(), split) == 0) {
    return absl::NotFoundError(
        absl::StrCat(info.name, " has no ", data::SplitName(split), " split"));
  }
  ASSIGN_OR_RETURN(*set, data::OpenDataset(spec, split));
  return absl::OkStatus();
}

}  // namespace

std::vector<DatasetPointer> OpenedSplits::All() const {
  std::vector<DatasetPointer> all;
  for (const DatasetPointer& set : {train, validation, test}) {
    if (set != nullptr) all.push_back(set);
  }
  return all;
}

OpenedSplits OpenSplits(const data::DataSpec& spec,
                        const DatasetPointer& known) {
  OpenedSplits splits;
  DatasetPointer some = known;
  if (some == nullptr) {
    auto train = data::OpenDataset(spec, data::Split::kTrain);
    if (!train.ok()) {
      splits.why_no_train = splits.why_no_test = splits.why_no_validation =
          train.status();
      return splits;
    }
    splits.train = some = *std::move(train);
  } else {
    const absl::StatusOr<data::Split> split = data::ParseSplit(spec.split());
    if (split.ok() && *split == data::Split::kTrain) splits.train = known;
    if (split.ok() && *split == data::Split::kTest) splits.test = known;
    if (split.ok() && *split == data::Split::kValidation) {
      splits.validation = known;
    }
  }
  const auto open = [&](data::Split split, DatasetPointer* set) {
    return *set != nullptr ? absl::OkStatus()
                           : OpenBeside(spec, *some, split, set);
  };
  splits.why_no_train = open(data::Split::kTrain, &splits.train);
  splits.why_no_test = open(data::Split::kTest, &splits.test);
  splits.why_no_validation = open(data::Split::kValidation, &splits.validation);
  return splits;
}

}  // namespace caldera::eval
