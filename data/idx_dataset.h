// A folder with the four IDX files of MNIST, Fashion-MNIST and their kin, each
// gzipped or not: {train,t10k}-images-idx3-ubyte,
// {train,t10k}-labels-idx1-ubyte.
//
//   auto dataset = OpenIdxDataset("/data/mnist", Split::kTest);
//
// A split is held in memory (47 MB for MNIST's training images).
#ifndef CALDERA_DATA_IDX_DATASET_H_
#define CALDERA_DATA_IDX_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/dataset.h"

namespace caldera::data {

// Opens a set of ten classes named by their digits, with mean and std 0.5.
// NotFound without the files; InvalidArgument where a file is bad, images and
// labels differ in number, there are none, or a label is not in [0, 10).
absl::StatusOr<std::shared_ptr<const Dataset>> OpenIdxDataset(
    const std::string& folder, Split split);

// The same with what is known of the set: name, num_classes, class_names, mean
// and std are taken from `info`, the sizes from the files.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenIdxDataset(
    const std::string& folder, Split split, DatasetInfo info);

}  // namespace caldera::data

#endif  // CALDERA_DATA_IDX_DATASET_H_
