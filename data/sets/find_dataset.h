// Finds the folder and the format of the data set that a spec names.
//
//   absl::StatusOr<FoundDataset> found = FindDataset("cifar10", false);
//   found->folder;  // "/data/cifar-10-batches-bin"
//
// A known name (known_datasets.h) is searched under $CALDERA_DATA, in each of
// its folders; a set that Bazel puts beside the binary (fashion_mnist, Debian's
// package) also there. Any other name is a folder with a data set, or a folder
// that contains the folder to which a known set's archive unpacks.
#ifndef CALDERA_DATA_SETS_FIND_DATASET_H_
#define CALDERA_DATA_SETS_FIND_DATASET_H_

#include <string>

#include "absl/status/statusor.h"
#include "data/sets/dataset_format.h"
#include "data/sets/known_datasets.h"

namespace caldera::data {

struct FoundDataset {
  std::string folder;
  const DatasetFormat* format;
  // The known set of that name, or the only one in the folder's format; or
  // null.
  const KnownDataset* known;
};

// A known name wins over a folder of that name (write ./name for the folder).
// With `class_list`, a subset (imagenet100) is also found in the folder of its
// set. Errors: NotFound for a known set that is missing (with the archive to
// get) or a name that is neither known nor a folder (with the nearest known
// name); those of RecognizeFormat; InvalidArgument if a known set's folder has
// another format.
absl::StatusOr<FoundDataset> FindDataset(const std::string& dataset,
                                         bool class_list);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_FIND_DATASET_H_
