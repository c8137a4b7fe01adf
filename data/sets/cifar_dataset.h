// Opens CIFAR-10 and CIFAR-100 in their binary version: a folder with
// data_batch_1.bin to data_batch_5.bin and test_batch.bin, or with train.bin
// and test.bin.
//
//   auto train = OpenCifar10("/data/cifar-10-batches-bin", Split::kTrain, {});
//
// Splits: train, test. Images are [3, 32, 32] views of the bytes in the file
// (153 MB for a training split). Class names come from batches.meta.txt and
// fine_label_names.txt, if these files are there. CIFAR-100's labels are the
// fine ones.
#ifndef CALDERA_DATA_SETS_CIFAR_DATASET_H_
#define CALDERA_DATA_SETS_CIFAR_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// `info` holds what is known about the set: name, mean, std and class names
// (numbers, if neither `info` nor the folder has names). Errors: NotFound if a
// file is missing; InvalidArgument if a file is bad (cifar_format.h), the
// number of class names differs from that of classes, or there is no such
// split.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenCifar10(
    const std::string& folder, Split split, DatasetInfo info);
absl::StatusOr<std::shared_ptr<const Dataset>> OpenCifar100(
    const std::string& folder, Split split, DatasetInfo info);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_CIFAR_DATASET_H_
