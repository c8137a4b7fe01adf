// The parts of a data set, and their names in specs and flags.
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
  kTest,  // what the set's authors measure on, be it called test or val
  kUnlabeled,
  kTrainUnlabeled,  // both, for pretraining
};

// "train", "test", "unlabeled", "train+unlabeled".
std::string SplitName(Split split);

// InvalidArgument, beginning with "'name' ", for another name.
absl::StatusOr<Split> ParseSplit(absl::string_view name);

// "train, test".
std::string SplitNames(const std::vector<Split>& splits);

// InvalidArgument, naming those there are, unless `splits` holds `split`.
// `dataset` begins the message.
absl::Status CheckSplit(Split split, const std::vector<Split>& splits,
                        absl::string_view dataset);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SPLIT_H_
