// Opens the four IDX files of MNIST, Fashion-MNIST and similar sets, each
// gzipped or not: {train,t10k}-images-idx3-ubyte,
// {train,t10k}-labels-idx1-ubyte.
//
//   auto dataset = OpenIdxDataset("/data/mnist", Split::kTest, {});
//
// The splits are those whose images exist. A split is held in memory (47 MB for
// MNIST's training images).
#ifndef CALDERA_DATA_SETS_IDX_DATASET_H_
#define CALDERA_DATA_SETS_IDX_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// `info` holds what is known about the set: name, mean, std, num_classes and
// class_names; the defaults are ten classes named by their digits, and mean and
// std 0.5. Errors: NotFound without the files; InvalidArgument if a file is
// bad, images and labels differ in number, there are none, a label is not in
// [0, num_classes), or there is no such split.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenIdxDataset(
    const std::string& folder, Split split, DatasetInfo info);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_IDX_DATASET_H_
