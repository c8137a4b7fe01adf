#include "benchmarks/throughput/made_up_images.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randint.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "data/decode/decode_image.h"
#include "data/decode/jpeg_testing.h"
#include "data/decode/pixel_decoder_testing.h"
#include "data/sets/known_datasets.h"
#include "data/sets/open_dataset.h"

namespace caldera::benchmarks {
namespace {

constexpr int64_t kHeight = 375, kWidth = 500;
constexpr int64_t kDifferent = 16;  // images; the others repeat them

class MadeUp : public data::Dataset {
 public:
  MadeUp(int64_t channels, int64_t count) : size_(count) {
    info_.splits = {data::Split::kTrain};
    info_.channels = channels;
    info_.mean.assign(channels, 0.5);
    info_.std.assign(channels, 0.25);
  }

  const data::DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }
  int64_t Label(int64_t /*i*/) const override { return -1; }

 protected:
  data::DatasetInfo info_;

 private:
  int64_t size_;
};

class Photos : public MadeUp {
 public:
  explicit Photos(int64_t count) : MadeUp(/*channels=*/3, count) {
    info_.name = "made-up JPEG photos of 500 x 375 in memory";
    data::JpegKind kind;
    kind.quality = 95;
    kind.horizontal_sampling = kind.vertical_sampling = 2;
    for (uint32_t seed = 0; seed < kDifferent; ++seed) {
      files_.push_back(
          data::EncodeJpeg(data::NaturalPicture(kHeight, kWidth, seed), kind));
    }
  }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    ASSIGN_OR_RETURN(const std::unique_ptr<data::ImageSource> source, Open(i));
    return source->Region({0, 0, kHeight, kWidth});
  }

  absl::StatusOr<std::unique_ptr<data::ImageSource>> Open(
      int64_t i) const override {
    return data::OpenEncodedImage(files_[i % kDifferent],
                                  data::DecodeOptions());
  }

 private:
  std::vector<std::string> files_;
};

class Pixels : public MadeUp {
 public:
  Pixels(int64_t channels, int64_t side, int64_t count)
      : MadeUp(channels, count),
        images_(at::randint(0, 256, {kDifferent, channels, side, side},
                            at::make_generator<at::CPUGeneratorImpl>(0),
                            at::kByte)) {
    info_.name = "made-up pixels in memory";
    info_.height = info_.width = side;
  }

  absl::StatusOr<at::Tensor> Image(int64_t i) const override {
    return images_[i % kDifferent];
  }

 private:
  at::Tensor images_;  // uint8 [kDifferent, C, side, side]
};

}  // namespace

std::shared_ptr<const data::Dataset> MadeUpImages(int64_t channels,
                                                  int64_t image_size,
                                                  int64_t count) {
  if (channels == 3 && image_size > 64) return std::make_shared<Photos>(count);
  return std::make_shared<Pixels>(channels, image_size, count);
}

absl::StatusOr<std::shared_ptr<const data::Dataset>> ImagesFor(
    const ssl::Experiment& experiment) {
  auto dataset = data::OpenDataset(experiment.data());
  if (dataset.ok() || experiment.has_classification() ||
      !absl::IsNotFound(dataset.status()) ||
      data::FindKnownDataset(experiment.data().dataset()) == nullptr) {
    return dataset;
  }
  const int64_t count =
      std::max<int64_t>(1024, 4 * int64_t{experiment.train().batch_size()});
  return MadeUpImages(experiment.encoder().channels(),
                      experiment.encoder().image_size(), count);
}

}  // namespace caldera::benchmarks
