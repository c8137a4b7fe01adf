// A set of made-up images for tests: pixel j of image i is (31 i + 7 j) mod
// 256.
#ifndef CALDERA_DATA_SETS_DATASET_TESTING_H_
#define CALDERA_DATA_SETS_DATASET_TESTING_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "absl/status/status.h"
#include "data/sets/dataset.h"

namespace caldera::data {

class MadeUpDataset : public Dataset {
 public:
  MadeUpDataset(int64_t size, int64_t channels, int64_t height, int64_t width)
      : size_(size) {
    info_.name = "made_up";
    info_.num_classes = 3;
    info_.class_names = {"a", "b", "c"};
    info_.channels = channels;
    info_.height = height;
    info_.width = width;
    info_.mean.assign(channels, 0.5);
    info_.std.assign(channels, 0.5);
  }

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    // The delays differ, so that workers finish out of order.
    if (slow) {
      std::this_thread::sleep_for(std::chrono::microseconds(i % 7 * 100));
    }
    if (i == bad_image || (all_bad_but >= 0 && i != all_bad_but)) {
      return absl::DataLossError("images.bin: checksum differs");
    }
    if (i == throwing_image) throw std::runtime_error("thrown by Image");
    if (i == odd_image) return at::empty({2, 2}, at::kByte);
    at::Tensor image =
        at::empty({info_.channels, info_.height, info_.width}, at::kByte);
    uint8_t* pixel = image.mutable_data_ptr<uint8_t>();
    for (int64_t j = 0; j < image.numel(); ++j) pixel[j] = 31 * i + 7 * j;
    return image;
  }

  int64_t Label(int64_t i) const override { return i % 4 - 1; }

  bool slow = false;
  int64_t bad_image = -1;
  int64_t all_bad_but = -1;  // a disk that failed
  int64_t throwing_image = -1;
  int64_t odd_image = -1;

 private:
  int64_t size_;
  DatasetInfo info_;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_DATASET_TESTING_H_
