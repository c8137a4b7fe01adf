#include "data/sets/dataset_stats.h"

#include <glog/logging.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/status.h"

namespace caldera::data {
namespace {

// The sums of one thread's images. 2^64 holds the squares of 2.8e14 values.
struct Sums {
  explicit Sums(int64_t channels) : values(channels), squares(channels) {}

  std::vector<uint64_t> values, squares;  // one per channel
  uint64_t pixels = 0;
  int64_t unlabelled = 0;
  int64_t min_height = std::numeric_limits<int64_t>::max(), max_height = 0;
  int64_t min_width = std::numeric_limits<int64_t>::max(), max_width = 0;
  absl::Status status;
};

// The number of values whose squares sum to at most 32 bits. 32-bit sums let a
// vector register hold four times as many as with 64.
constexpr int64_t kChunk = 65536;

void AddPixels(const at::Tensor& image, Sums& sums) {
  const at::Tensor planes = image.contiguous();  // [C, H, W]
  const int64_t height = planes.size(1), width = planes.size(2);
  const uint8_t* value = planes.const_data_ptr<uint8_t>();
  for (size_t c = 0; c < sums.values.size(); ++c) {
    for (int64_t left = height * width; left > 0; left -= kChunk) {
      uint32_t values = 0, squares = 0;
      for (int64_t j = std::min(left, kChunk); j > 0; --j) {
        const uint32_t v = *value++;
        values += v;
        squares += v * v;
      }
      sums.values[c] += values;
      sums.squares[c] += squares;
    }
  }
  sums.pixels += height * width;
  sums.min_height = std::min(sums.min_height, height);
  sums.max_height = std::max(sums.max_height, height);
  sums.min_width = std::min(sums.min_width, width);
  sums.max_width = std::max(sums.max_width, width);
}

absl::Status AddImage(const Dataset& dataset, int64_t i, Sums& sums) {
  ASSIGN_OR_RETURN(const at::Tensor image,
                   base::About(absl::StrCat(dataset.info().name, ", image ", i),
                               dataset.Image(i)));
  CHECK_EQ(image.size(0), sums.values.size());
  AddPixels(image, sums);
  if (dataset.Label(i) < 0) ++sums.unlabelled;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DatasetStats> ComputeStats(const Dataset& dataset, int threads) {
  CHECK_GE(threads, 1);
  const int64_t channels = dataset.info().channels;
  std::vector<Sums> parts(threads, Sums(channels));
  std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::vector<std::thread> workers;
  for (Sums& sums : parts) {
    workers.emplace_back([&] {
      for (int64_t i = next++; i < dataset.size() && !failed; i = next++) {
        sums.status = AddImage(dataset, i, sums);
        if (!sums.status.ok()) failed = true;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();

  Sums total(channels);
  for (const Sums& sums : parts) {
    RETURN_IF_ERROR(sums.status);
    for (int64_t c = 0; c < channels; ++c) {
      total.values[c] += sums.values[c];
      total.squares[c] += sums.squares[c];
    }
    total.pixels += sums.pixels;
    total.unlabelled += sums.unlabelled;
    total.min_height = std::min(total.min_height, sums.min_height);
    total.max_height = std::max(total.max_height, sums.max_height);
    total.min_width = std::min(total.min_width, sums.min_width);
    total.max_width = std::max(total.max_width, sums.max_width);
  }
  DatasetStats stats{dataset.size(),   total.unlabelled, total.min_height,
                     total.max_height, total.min_width,  total.max_width};
  for (int64_t c = 0; c < channels; ++c) {
    const double n = static_cast<double>(total.pixels);
    const double mean = total.values[c] / n;
    stats.mean.push_back(mean / 255);
    stats.std.push_back(
        std::sqrt(std::max(0.0, total.squares[c] / n - mean * mean)) / 255);
  }
  return stats;
}

}  // namespace caldera::data
