// Writes small CIFAR sets for tests.
#ifndef CALDERA_DATA_FORMATS_CIFAR_TESTING_H_
#define CALDERA_DATA_FORMATS_CIFAR_TESTING_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"

namespace caldera::data {

// Returns `count` records from number `first` on: pixel p (in the order of the
// file) of record i is (11 i + p) mod 251, its last label (3 i) mod
// num_classes.
inline std::string CifarRecords(int label_bytes, int num_classes, int first,
                                int count) {
  std::string bytes;
  for (int i = first; i < first + count; ++i) {
    if (label_bytes == 2) bytes.push_back(7);  // the coarse label
    bytes.push_back(static_cast<char>(3 * i % num_classes));
    for (int p = 0; p < 3072; ++p) {
      bytes.push_back(static_cast<char>((11 * i + p) % 251));
    }
  }
  return bytes;
}

// Writes five batches of two training images and a test batch of three.
inline void WriteCifar10(const std::string& folder) {
  for (int b = 0; b < 5; ++b) {
    base::WriteFile(absl::StrCat(folder, "/data_batch_", b + 1, ".bin"),
                    CifarRecords(1, 10, 2 * b, 2));
  }
  base::WriteFile(folder + "/test_batch.bin", CifarRecords(1, 10, 20, 3));
}

// Writes forty training images and three test images.
inline void WriteCifar100(const std::string& folder) {
  base::WriteFile(folder + "/train.bin", CifarRecords(2, 100, 0, 40));
  base::WriteFile(folder + "/test.bin", CifarRecords(2, 100, 40, 3));
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_FORMATS_CIFAR_TESTING_H_
