// Brings the loader's batches to the device.
//
//   BatchFeed feed(loader, options);
//   for (...) {
//     absl::StatusOr<DeviceBatch> batch = feed.Next();
//     step.Run(*batch, ...);
//     feed.Prefetch();  // while the device still works on the step
//   }
//
// On a GPU a batch is copied from page-locked memory, cropped and normalised on
// a stream of its own: beside the step before it, with two batches on the
// device at a time. On a CPU there is nothing to overlap with; the loader's
// threads work ahead in any case.
#ifndef CALDERA_SSL_TRAIN_LOOP_BATCH_FEED_H_
#define CALDERA_SSL_TRAIN_LOOP_BATCH_FEED_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/loader/loader.h"
#include "data/sets/dataset.h"
#include "ssl/methods/method.h"

namespace caldera::ssl {

struct BatchFeedOptions {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;  // of the views, from float
  data::DatasetInfo info;
  std::vector<data::AugmentSpec> views;
  uint64_t seed = 0;
  int64_t image_size = 0;
  // uint8 [N, C, H, W]: all images of the set, if they are on the device and
  // the loader yields plans; otherwise undefined.
  at::Tensor images;
  // The first so many calls of Next return one batch, which stays on the
  // device: for measuring steps without loading.
  int64_t repeat_first = 0;
};

class BatchFeed {
 public:
  // `loader` outlives this.
  BatchFeed(data::Loader& loader, BatchFeedOptions options)
      : loader_(loader), options_(std::move(options)) {}

  // Returns the loader's next batch, ready for the device's current stream.
  // Returns the loader's errors.
  absl::StatusOr<DeviceBatch> Next();

  // Starts to load and copy the batch that Next will return. Waits for the
  // loader, not for the device.
  void Prefetch();

 private:
  absl::StatusOr<DeviceBatch> Make();
  absl::StatusOr<DeviceBatch> RepeatFirst();

  data::Loader& loader_;
  BatchFeedOptions options_;
  int64_t repeats_ = 0;               // how often `first_` was returned
  std::optional<DeviceBatch> first_;  // while it is repeated
  std::optional<absl::StatusOr<DeviceBatch>> ahead_;
  std::optional<c10::Stream> stream_;  // of the batch ahead
  std::optional<c10::Event> ready_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_BATCH_FEED_H_
