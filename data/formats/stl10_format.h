// The files of STL-10's binary version, from bytes in memory. No LibTorch
// here, so that the parsers can be fuzzed on their own.
//
//   absl::StatusOr<std::vector<int64_t>> labels =
//       Stl10Labels(bytes, "train_y.bin");
//
// *_X.bin is images of 3 channels (red, green, blue) of 96x96 values, column
// by column; *_y.bin is a byte an image, 1 to 10; fold_indices.txt has ten
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

// How many images a file of `size` bytes has. InvalidArgument, beginning with
// `name`, for none or where the last is cut off.
absl::StatusOr<int64_t> Stl10ImageCount(int64_t size, absl::string_view name);

// Labels 0 to 9. InvalidArgument, beginning with `name`, where one is out of
// range.
absl::StatusOr<std::vector<int64_t>> Stl10Labels(absl::string_view bytes,
                                                 absl::string_view name);

// The images of fold `fold` (0 to 9), each in [0, num_images).
// InvalidArgument, beginning with `name` and the line, unless the text is ten
// lines of such numbers, or where the fold is empty.
absl::StatusOr<std::vector<int64_t>> Stl10Fold(absl::string_view text,
                                               int64_t fold, int64_t num_images,
                                               absl::string_view name);

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_STL10_FORMAT_H_
