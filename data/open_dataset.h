// Opens a data set by the name that a spec gives it.
//
//   auto train = OpenDataset("fashion_mnist", Split::kTrain);
//   auto mine = OpenDataset("/data/my_set", Split::kTest);  // IDX files
//
// fashion_mnist is read from $CALDERA_DATA/fashion_mnist where that folder
// exists, else from Debian's package, which Bazel puts beside the binary.
#ifndef CALDERA_DATA_OPEN_DATASET_H_
#define CALDERA_DATA_OPEN_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/dataset.h"

namespace caldera::data {

// `dataset`: a known name (it wins over a folder of that name: write ./name
// for the folder) or a folder with IDX files. NotFound, with the known names
// and the nearest, where it is neither; else the errors of OpenIdxDataset.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenDataset(
    const std::string& dataset, Split split);

}  // namespace caldera::data

#endif  // CALDERA_DATA_OPEN_DATASET_H_
