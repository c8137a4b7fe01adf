// Opens folders of images: root/class/image.jpg as one set, or root/train/class
// and root/val/class (ImageNet's layout), or images without classes in one
// folder. Images are .jpg, .jpeg, .png, .webp and .bmp.
//
//   auto train = OpenImageFolder("/data/imagenet", Split::kTrain, info, {});
//   ImageFolderOptions hundred;
//   hundred.class_list = "imagenet100.txt";  // ImageNet-100
//
// split_folders.h defines the splits. Classes are the folders in train, sorted
// by name, or those of the list in its order; the other split has the same
// numbers and no classes of its own. A folder with images and no folders is a
// set without labels (-1, no classes).
//
// Caveat: only images directly in a class folder are found.
#ifndef CALDERA_DATA_SETS_IMAGE_FOLDER_DATASET_H_
#define CALDERA_DATA_SETS_IMAGE_FOLDER_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/decode/decode_options.h"
#include "data/sets/dataset.h"

namespace caldera::data {

struct ImageFolderOptions {
  std::string class_list;  // a file (class_list.h); empty: every folder
  DecodeOptions decode;
};

// `info` holds what is known about the set: name, mean and std. Errors:
// InvalidArgument, beginning with the path, for a class folder without images,
// a class that is not in train, a listed class that is missing (with the list's
// line), images beside folders, no image at all, or a missing split; and those
// of ListFolder. No image is opened yet.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenImageFolder(
    const std::string& root, Split split, DatasetInfo info,
    const ImageFolderOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_IMAGE_FOLDER_DATASET_H_
