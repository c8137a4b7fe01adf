// Makes the batch of an (epoch, step). Loader distributes this work over
// threads.
//
//   BatchMaker maker(dataset, options);
//   absl::StatusOr<Batch> batch = maker.Make(epoch, step, never);
//
// where `never` returns false: nobody has cancelled.
#ifndef CALDERA_DATA_LOADER_BATCH_MAKER_H_
#define CALDERA_DATA_LOADER_BATCH_MAKER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
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
  int64_t bad_images() const { return bad_images_->count(); }

  // Returns this rank's rows of the batch: V views uint8 [B, C, S, S], without
  // the bad images if the options leave them out. Calls
  // `cancelled` before each image and returns Cancelled if it is true. Never
  // throws: an exception of a Dataset or of LibTorch becomes Internal.
  absl::StatusOr<Batch> Make(int64_t epoch, int64_t step,
                             const std::function<bool()>& cancelled);

 private:
  using Order = std::shared_ptr<const std::vector<int64_t>>;

  // A position in an epoch: an image and the number of its copy.
  struct Sample {
    int64_t epoch = 0, index = 0, repeat = 0;
  };

  Order OrderOf(int64_t epoch);
  // Returns the positions of this rank's rows in the epoch's order.
  std::vector<int64_t> Positions(int64_t step) const;
  absl::StatusOr<Batch> MakeOrThrow(int64_t epoch, int64_t step,
                                    const std::function<bool()>& cancelled);
  // Writes row b of `batch`; under SKIP, another image replaces a bad one
  // unless bad ones are left out.
  absl::Status WriteSampleOrOther(const Sample& sample, int64_t b,
                                  Batch& batch);
  // Draws the plans of all views of an image of that size.
  std::vector<AugmentPlan> DrawPlans(const Sample& sample, int64_t height,
                                     int64_t width) const;
  // Errors begin with the data set's name and the index.
  absl::Status WriteSample(const Sample& sample, int64_t b, Batch& batch);
  absl::Status WriteViews(ImageSource& source, const Sample& sample, int64_t b,
                          Batch& batch);

  const std::shared_ptr<const Dataset> dataset_;
  const LoaderOptions options_;
  const std::vector<Augmentation> views_;  // of options_.views
  const AugmentTarget target_;
  const int64_t epoch_size_;  // samples
  const int64_t steps_per_epoch_;
  const std::shared_ptr<BadImages> bad_images_;

  std::mutex mutex_;
  // The orders of the last two epochs: at an epoch's end, workers need both.
  struct Cached {
    int64_t epoch = -1;
    Order order;
  };
  Cached cache_[2];  // by parity of the epoch; guarded by mutex_
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_BATCH_MAKER_H_
