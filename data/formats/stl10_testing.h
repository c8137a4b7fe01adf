// Writes a small STL-10 set for tests.
#ifndef CALDERA_DATA_FORMATS_STL10_TESTING_H_
#define CALDERA_DATA_FORMATS_STL10_TESTING_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"

namespace caldera::data {

// Returns the value at row y, column x, channel c of image i.
inline int Stl10Pixel(int i, int c, int y, int x) {
  return (17 * i + 50 * c + 3 * y + x) % 256;
}

// Returns images `first` to `first` + `count` - 1, column by column.
inline std::string Stl10Images(int first, int count) {
  std::string bytes;
  for (int i = first; i < first + count; ++i) {
    for (int c = 0; c < 3; ++c) {
      for (int x = 0; x < 96; ++x) {
        for (int y = 0; y < 96; ++y) {
          bytes.push_back(static_cast<char>(Stl10Pixel(i, c, y, x)));
        }
      }
    }
  }
  return bytes;
}

// Writes a set: images 0 to 3 are train (labels 0, 9, 2, 3), 4 and 5 test
// (labels 4, 5), 6 to 8 unlabelled; fold k has images 3 and k mod 3.
inline void WriteStl10(const std::string& folder) {
  base::WriteFile(folder + "/train_X.bin", Stl10Images(0, 4));
  base::WriteFile(folder + "/train_y.bin", "\x01\x0a\x03\x04");
  base::WriteFile(folder + "/test_X.bin", Stl10Images(4, 2));
  base::WriteFile(folder + "/test_y.bin", "\x05\x06");
  base::WriteFile(folder + "/unlabeled_X.bin", Stl10Images(6, 3));
  std::string folds;
  for (int k = 0; k < 10; ++k) folds += absl::StrCat("3 ", k % 3, " \n");
  base::WriteFile(folder + "/fold_indices.txt", folds);
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_STL10_TESTING_H_
