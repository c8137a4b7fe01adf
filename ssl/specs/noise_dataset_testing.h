// Unlabelled noise in the shape of a data set's images.
//
//   auto dataset = std::make_shared<NoiseDataset>(/*size=*/4, 3, 224);
#ifndef CALDERA_SSL_SPECS_NOISE_DATASET_TESTING_H_
#define CALDERA_SSL_SPECS_NOISE_DATASET_TESTING_H_

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randint.h>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"

namespace caldera::ssl {

class NoiseDataset : public data::Dataset {
 public:
  NoiseDataset(int64_t size, int64_t channels, int64_t side) : size_(size) {
    info_.name = "noise";
    info_.splits = {data::Split::kTrain};
    info_.channels = channels;
    info_.height = info_.width = side;
    info_.mean.assign(channels, 0.5);
    info_.std.assign(channels, 0.3);
  }

  const data::DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }
  int64_t Label(int64_t /*i*/) const override { return -1; }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    return at::randint(0, 256, {info_.channels, info_.height, info_.width},
                       at::make_generator<at::CPUGeneratorImpl>(i), at::kByte);
  }

 private:
  int64_t size_;
  data::DatasetInfo info_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SPECS_NOISE_DATASET_TESTING_H_
