// Labelled images for tests: image i is grey with a bright bar, whose row
// depends on its label, and noise, which depends on its index.
//
//   auto train = std::make_shared<LabelledImages>(60);
#ifndef CALDERA_EVAL_FEATURES_LABELLED_IMAGES_TESTING_H_
#define CALDERA_EVAL_FEATURES_LABELLED_IMAGES_TESTING_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <cstdint>

#include "base/random_stream.h"
#include "data/sets/dataset.h"

namespace caldera::eval {

class LabelledImages : public data::Dataset {
 public:
  static constexpr int64_t kClasses = 4;

  // Sets with different seeds have different images.
  explicit LabelledImages(int64_t size, uint64_t seed = 0)
      : size_(size), seed_(seed) {
    info_.name = "bars";
    info_.num_classes = kClasses;
    info_.channels = 1;
    info_.height = info_.width = 8;
    info_.mean = {0.5};
    info_.std = {0.25};
  }

  const data::DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }
  int64_t Label(int64_t i) const override {
    const bool unlabelled =
        unlabelled_every > 0 && i % unlabelled_every == unlabelled_every - 1;
    return unlabelled ? -1 : i % kClasses;
  }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    if (i == bad_image || (bad_every > 0 && i % bad_every == bad_every - 1)) {
      return absl::DataLossError("bars.bin: cut off");
    }
    base::RandomStream stream(seed_, "bars", 0, i);
    const at::Tensor image = at::empty({1, 8, 8}, at::kByte);
    uint8_t* pixel = image.mutable_data_ptr<uint8_t>();
    for (int64_t p = 0; p < 64; ++p) {
      const bool bar = p / 16 == i % kClasses;
      pixel[p] = static_cast<uint8_t>((bar ? 200 : 20) + stream.UniformInt(40));
    }
    return image;
  }

  int64_t bad_image = -1;
  int64_t bad_every = 0;         // so many images; 0: none
  int64_t unlabelled_every = 0;  // likewise

 private:
  int64_t size_;
  uint64_t seed_;
  data::DatasetInfo info_;
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_LABELLED_IMAGES_TESTING_H_
