// Recognizes the format of a folder by the names of its files.
//
//   absl::StatusOr<DatasetFormat> format =
//       RecognizeFormat("/data/cifar-10-batches-bin");  // kCifar10
#ifndef CALDERA_DATA_SETS_DATASET_FORMAT_H_
#define CALDERA_DATA_SETS_DATASET_FORMAT_H_

#include <string>

#include "absl/status/statusor.h"

namespace caldera::data {

enum class DatasetFormat {
  kIdx,           // train-images-idx3-ubyte, ...      idx_dataset.h
  kCifar10,       // data_batch_1.bin, ...             cifar_dataset.h
  kCifar100,      // train.bin, test.bin               cifar_dataset.h
  kStl10,         // train_X.bin, ...                  stl10_dataset.h
  kTinyImageNet,  // wnids.txt and train/              tiny_imagenet_dataset.h
  kTarShards,     // *.tar, or train/*.tar             tar_dataset.h
  kImageFolder,   // other folders, or images          image_folder_dataset.h
};

// Returns "IDX files", "tar shards", ... for messages.
std::string FormatName(DatasetFormat format);

// Returns the format of `folder`. Errors begin with `folder`: those of
// ListFolder; InvalidArgument for CIFAR's python version (pickles), archives
// that are still packed, or a folder without a data set.
absl::StatusOr<DatasetFormat> RecognizeFormat(const std::string& folder);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_DATASET_FORMAT_H_
