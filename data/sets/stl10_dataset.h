// Opens STL-10 in its binary version: a folder with train_X.bin, train_y.bin,
// test_X.bin, test_y.bin, unlabeled_X.bin, class_names.txt and
// fold_indices.txt.
//
//   Stl10Options options;
//   options.fold = 3;  // 1,000 of the 5,000 training images
//   auto train = OpenStl10("/data/stl10_binary", Split::kTrain, {}, options);
//
// The splits are train, test, unlabeled and train+unlabeled (labelled images
// first). An unlabelled image has label -1. Images are [3, 96, 96] views of the
// bytes in the file, which stores columns, so they are not contiguous. A split
// is held in memory (138 MB for train, 2.8 GB for unlabeled).
#ifndef CALDERA_DATA_SETS_STL10_DATASET_H_
#define CALDERA_DATA_SETS_STL10_DATASET_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"

namespace caldera::data {

struct Stl10Options {
  // 0 to 9 selects that fold of the training images, in train and
  // train+unlabeled; the other splits have no folds.
  std::optional<int64_t> fold;
};

// `info` holds what is known about the set, as in cifar_dataset.h. Errors:
// NotFound if a file is missing; InvalidArgument if a file is bad
// (stl10_format.h), or images and labels differ in number.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenStl10(
    const std::string& folder, Split split, DatasetInfo info,
    const Stl10Options& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_STL10_DATASET_H_
