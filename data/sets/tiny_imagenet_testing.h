// Writes a small set in the layout of Tiny-ImageNet-200 for tests.
#ifndef CALDERA_DATA_SETS_TINY_IMAGENET_TESTING_H_
#define CALDERA_DATA_SETS_TINY_IMAGENET_TESTING_H_

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/file_testing.h"
#include "data/decode/bmp_testing.h"

namespace caldera::data {

// Writes a set: class 0 is n07 (training images of red 70 and 71), class 1 is
// n01 (10, 11); images of val have red 200 (n01), 201 (n07) and 202 (n01).
inline void WriteTinyImageNet(const std::string& folder) {
  base::WriteFile(folder + "/wnids.txt", "n07\nn01\n");
  base::WriteFile(folder + "/words.txt",
                  "n07\tgoldfish, Carassius auratus\nn5\tx\n");
  for (const int n : {7, 1}) {
    const std::string images = absl::StrCat(folder, "/train/n0", n, "/images/");
    std::filesystem::create_directories(images);
    for (const int i : {0, 1}) {
      base::WriteFile(absl::StrCat(images, "n0", n, "_", i, ".JPEG"),
                      BmpBytes(4, 4, 10 * n + i, 0, 0));
    }
  }
  std::filesystem::create_directories(folder + "/val/images");
  for (const int i : {0, 1, 2}) {
    base::WriteFile(absl::StrCat(folder, "/val/images/val_", i, ".JPEG"),
                    BmpBytes(4, 4, 200 + i, 0, 0));
  }
  base::WriteFile(folder + "/val/val_annotations.txt",
                  "val_0.JPEG\tn01\t0\t32\t44\t62\n"
                  "val_1.JPEG\tn07\t0\t32\t44\t62\n"
                  "val_2.JPEG\tn01\t0\t32\t44\t62\n");
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_TINY_IMAGENET_TESTING_H_
