// Makes a set of encoded image files in folders.
//
//   std::vector<ImageGroup> groups = {{"/data/cats/train/lion", files, 0}};
//   auto dataset = MakeImageFileDataset(info, std::move(groups), options);
//
// Only the names are held in memory (about 80 bytes per image); each request
// for an image reads its file.
#ifndef CALDERA_DATA_SETS_IMAGE_FILE_DATASET_H_
#define CALDERA_DATA_SETS_IMAGE_FILE_DATASET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/decode/decode_options.h"
#include "data/sets/dataset.h"

namespace caldera::data {

struct ImageGroup {
  std::string folder;
  std::vector<std::string> files;  // names in `folder`
  int64_t label = -1;              // of all files
};

// Returns the images of the groups, one group after another. `info` is complete
// except for the size (3 channels, images differ).
std::shared_ptr<const Dataset> MakeImageFileDataset(
    DatasetInfo info, std::vector<ImageGroup> groups,
    const DecodeOptions& options);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_IMAGE_FILE_DATASET_H_
