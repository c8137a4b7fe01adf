// Names the splits of a data set, as specs and flags do.
//
//   absl::StatusOr<Split> split = ParseSplit("train+unlabeled");
#ifndef CALDERA_DATA_SPLIT_H_
#define CALDERA_DATA_SPLIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

enum class Split {
  kTrain,
  // The split that results are measured on: the authors' evaluation split, be
  // it called test or val.
  kTest,
  // The split that choices are made on; only where a set has a test split
  // beside it.
  kValidation,
  kUnlabeled,
  kTrainUnlabeled,  // both, for pretraining
};

// Returns "train", "test", "validation", "unlabeled" or "train+unlabeled".
std::string SplitName(Split split);

// Returns the split of that name. Errors: InvalidArgument, beginning with
// "'name' ", for any other name.
absl::StatusOr<Split> ParseSplit(absl::string_view name);

// Returns the names, separated by commas: "train, test".
std::string SplitNames(const std::vector<Split>& splits);

// Returns InvalidArgument, which lists `splits`, unless they include `split`.
// `dataset` begins the message.
absl::Status CheckSplit(Split split, const std::vector<Split>& splits,
                        absl::string_view dataset);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SPLIT_H_
