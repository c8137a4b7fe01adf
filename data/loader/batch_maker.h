// Makes the batch of one (epoch, step). Loader schedules these over threads.
//
//   BatchMaker maker(dataset, options);
//   absl::StatusOr<Batch> batch = maker.Make(epoch, step, never);
//
// where `never` says that nobody cancelled.
#ifndef CALDERA_DATA_LOADER_BATCH_MAKER_H_
#define CALDERA_DATA_LOADER_BATCH_MAKER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "data/augment/augment_plan.h"
#include "data/loader/bad_images.h"
#include "data/loader/batch.h"
#include "data/loader/loader_options.h"
#include "data/sets/dataset.h"

namespace caldera::data {

// Safe to call from several threads at once.
class BatchMaker {
 public:
  // The options have been checked by Loader::Create.
  BatchMaker(std::shared_ptr<const Dataset> dataset, LoaderOptions options);

  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t bad_images() const { return bad_images_.count(); }

  // This rank's part of the batch: V views uint8 [B, C, S, S]. `cancelled` is
  // asked before each image; then the result is Cancelled. Never throws: what a
  // Dataset or LibTorch throws becomes Internal.
  absl::StatusOr<Batch> Make(int64_t epoch, int64_t step,
                             const std::function<bool()>& cancelled);

 private:
  using Order = std::shared_ptr<const std::vector<int64_t>>;

  // One place of an epoch: an image, and which of its copies.
  struct Sample {
    int64_t epoch = 0, index = 0, repeat = 0;
  };

  Order OrderOf(int64_t epoch);
  // Where the rows of this rank's part of a batch stand in the epoch's order.
  std::vector<int64_t> Positions(int64_t step) const;
  absl::StatusOr<Batch> MakeOrThrow(int64_t epoch, int64_t step,
                                    const std::function<bool()>& cancelled);
  // Writes row b of `batch`; under SKIP of another image where this one is bad.
  absl::Status WriteSampleOrOther(const Sample& sample, int64_t b,
                                  Batch& batch);
  // What each view does with an image of that size, and where it lies in it.
  std::vector<AugmentPlan> DrawPlans(const Sample& sample, int64_t height,
                                     int64_t width, int64_t b, Batch& batch);
  // Errors begin with the data set's name and the index.
  absl::Status WriteSample(const Sample& sample, int64_t b, Batch& batch);
  absl::Status WriteViews(ImageSource& source, const Sample& sample, int64_t b,
                          Batch& batch);

  const std::shared_ptr<const Dataset> dataset_;
  const LoaderOptions options_;
  const AugmentTarget target_;
  const int64_t epoch_size_;  // samples
  const int64_t steps_per_epoch_;
  BadImages bad_images_;

  std::mutex mutex_;
  // Orders of the two epochs last asked for: workers straddle an epoch's end.
  struct Cached {
    int64_t epoch = -1;
    Order order;
  };
  Cached cache_[2];  // guarded by mutex_; by parity of the epoch
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_BATCH_MAKER_H_
