// Parses the files of STL-10's binary version from bytes in memory. No LibTorch
// here, so that the parsers can be fuzzed on their own.
//
//   absl::StatusOr<std::vector<int64_t>> labels =
//       Stl10Labels(bytes, "train_y.bin");
//
// *_X.bin holds images of 3 channels (red, green, blue) of 96x96 values, column
// by column; *_y.bin holds a byte per image, 1 to 10; fold_indices.txt has ten
// lines of image numbers from 0. Source: https://cs.stanford.edu/~acoates/stl10
#ifndef CALDERA_DATA_FORMATS_STL10_FORMAT_H_
#define CALDERA_DATA_FORMATS_STL10_FORMAT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::data {

inline constexpr int64_t kStl10ImageBytes = 3 * 96 * 96;
inline constexpr int64_t kStl10Folds = 10;

// Returns the number of images in a file of `size` bytes. Errors:
// InvalidArgument, beginning with `name`, if there are none or the last one is
// cut off.
absl::StatusOr<int64_t> Stl10ImageCount(int64_t size, absl::string_view name);

// Returns labels from 0 to 9. Errors: InvalidArgument, beginning with `name`,
// if one is out of range.
absl::StatusOr<std::vector<int64_t>> Stl10Labels(absl::string_view bytes,
                                                 absl::string_view name);

// Returns the images of fold `fold` (0 to 9), each in [0, num_images). Errors:
// InvalidArgument, beginning with `name` and the line, if the text is not ten
// lines of such numbers or the fold is empty.
absl::StatusOr<std::vector<int64_t>> Stl10Fold(absl::string_view text,
                                               int64_t fold, int64_t num_images,
                                               absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_STL10_FORMAT_H_
