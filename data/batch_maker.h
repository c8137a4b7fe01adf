// Makes the batch of one (epoch, step). Loader schedules these over threads.
//
//   BatchMaker maker(dataset, options);
//   absl::StatusOr<Batch> batch = maker.Make(epoch, step, [] { return false;
//   });
#ifndef CALDERA_DATA_BATCH_MAKER_H_
#define CALDERA_DATA_BATCH_MAKER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "data/batch.h"
#include "data/dataset.h"
#include "data/loader_options.h"

namespace caldera::data {

// Safe to call from several threads at once.
class BatchMaker {
 public:
  // The options have been checked by Loader::Create.
  BatchMaker(std::shared_ptr<const Dataset> dataset, LoaderOptions options);

  int64_t steps_per_epoch() const { return steps_per_epoch_; }

  // views: one uint8 [B, C, S, S]; B is smaller in a last batch that is kept.
  // `cancelled` is asked before each image; then the result is Cancelled.
  // Never throws: what a Dataset or LibTorch throws becomes Internal.
  absl::StatusOr<Batch> Make(int64_t epoch, int64_t step,
                             const std::function<bool()>& cancelled);

 private:
  using Order = std::shared_ptr<const std::vector<int64_t>>;

  Order OrderOf(int64_t epoch);
  absl::StatusOr<Batch> MakeOrThrow(int64_t epoch, int64_t step,
                                    const std::function<bool()>& cancelled);
  // Writes image `index`, augmented for `epoch`, to out: uint8 [C, S, S].
  absl::Status WriteImage(int64_t epoch, int64_t index, const at::Tensor& out);

  const std::shared_ptr<const Dataset> dataset_;
  const LoaderOptions options_;
  const int64_t steps_per_epoch_;

  std::mutex mutex_;
  // Orders of the two epochs last asked for: workers straddle an epoch's end.
  struct Cached {
    int64_t epoch = -1;
    Order order;
  };
  Cached cache_[2];  // guarded by mutex_; by parity of the epoch
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_BATCH_MAKER_H_
