// Where the data set is that a spec names, and in which format.
//
//   absl::StatusOr<FoundDataset> found = FindDataset("cifar10", false);
//   found->folder;  // "/data/cifar-10-batches-bin"
//
// A known name (known_datasets.h) is looked for under $CALDERA_DATA, in each of
// its folders; fashion_mnist then in Debian's package, which Bazel puts beside
// the binary. Any other name is a folder, or one that holds the folder that a
// known set's archive unpacks to.
#ifndef CALDERA_DATA_SETS_FIND_DATASET_H_
#define CALDERA_DATA_SETS_FIND_DATASET_H_

#include <string>

#include "absl/status/statusor.h"
#include "data/sets/dataset_format.h"
#include "data/sets/known_datasets.h"

namespace caldera::data {

struct FoundDataset {
  std::string folder;
  DatasetFormat format;
  // Of the name, or of a folder in the format of one known set; else null.
  const KnownDataset* known;
};

// A known name wins over a folder of that name (write ./name for the folder).
// With `class_list`, imagenet100 is also found in ImageNet's folder. NotFound
// for a set that is not there (which archive to get, from where), or a name
// that is neither known nor a folder (the nearest known one); else the errors
// of RecognizeFormat, and InvalidArgument where a known set's folder holds
// another format.
absl::StatusOr<FoundDataset> FindDataset(const std::string& dataset,
                                         bool class_list);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_FIND_DATASET_H_
