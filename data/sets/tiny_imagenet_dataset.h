// Opens Tiny-ImageNet-200 as its archive unpacks: wnids.txt, words.txt,
// train/<wnid>/images/*.JPEG, val/images/*.JPEG and val/val_annotations.txt.
//
//   auto val = OpenTinyImageNet("/data/tiny-imagenet-200", Split::kTest, {},
//                               {});
//
// The splits are train, and test, which is the archive's val (the images in its
// test folder have no labels). Class k is line k of wnids.txt.
#ifndef CALDERA_DATA_SETS_TINY_IMAGENET_DATASET_H_
#define CALDERA_DATA_SETS_TINY_IMAGENET_DATASET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/decode/decode_options.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// `info` holds what is known about the set: name, mean and std. Class names are
// the first words of words.txt, or the wnids if it is missing. Errors: NotFound
// or InvalidArgument, with the file and line, if a file or folder is missing or
// an annotation names an image or class that does not exist.
absl::StatusOr<std::shared_ptr<const Dataset>> OpenTinyImageNet(
    const std::string& folder, Split split, DatasetInfo info,
    const DecodeOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_TINY_IMAGENET_DATASET_H_
