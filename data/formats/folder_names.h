// What the name of a folder says of the images in it, as people name folders.
//
//   SplitOfName("Test_Images");  // {kTest, "", false}
//   SplitOfName("seg_train");    // {kTrain, "seg", false}
//   SaysImages("JPEGImages");    // true
#ifndef CALDERA_DATA_FORMATS_FOLDER_NAMES_H_
#define CALDERA_DATA_FORMATS_FOLDER_NAMES_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "data/split.h"

namespace caldera::data {

struct NamedSplit {
  Split split = Split::kTrain;  // kValidation for val, whatever lies beside it
  std::string before;           // the text before the word, in lower case
  bool exact = false;           // the word is the whole name
};

// Returns the split that a word in lower case names: train, training, val, ...
// (split_folders.h lists them).
std::optional<Split> SplitOfWord(absl::string_view word);

// Returns the split whose word is the last one of `name`, but for years, sizes
// ("val_256") and words such as "images" or "set".
std::optional<NamedSplit> SplitOfName(absl::string_view name);

// True for names that say only that there are images: images, img, photos,
// data, JPEGImages.
bool SaysImages(absl::string_view name);

// True for names of what belongs to images and may be stored as images: labels,
// masks, annotations, SegmentationClass.
bool SaysLabels(absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_FOLDER_NAMES_H_
