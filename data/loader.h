// Batches of a data set, epoch after epoch, prepared by worker threads.
//
//   LoaderOptions options;
//   options.batch_size = 256;
//   options.image_size = 28;
//   options.shuffle = options.drop_last = true;
//   options.augment = spec.augment();
//   auto loader = Loader::Create(dataset, options);
//   (*loader)->Seek(epoch, step);                       // to resume
//   absl::StatusOr<Batch> batch = (*loader)->Next();
//
// A batch is a pure function of (data set, options, epoch, step): the number of
// workers changes the speed alone, and Seek continues exactly. An image's
// augmentation is drawn from RandomStream(seed, "augment", epoch, its index).
//
// Caveats: Seek and Next are for one thread. Workers start with the first Next.
// Up to max(prefetch, workers) batches are held or in the making. Workers use
// one ATen thread each; with workers = 0 the caller's setting holds.
#ifndef CALDERA_DATA_LOADER_H_
#define CALDERA_DATA_LOADER_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "data/batch.h"
#include "data/dataset.h"
#include "data/loader_options.h"

namespace caldera::data {

class Loader {
 public:
  // InvalidArgument, naming the option, for an option out of range, an empty
  // data set, or with drop_last a batch larger than the data set.
  static absl::StatusOr<std::unique_ptr<Loader>> Create(
      std::shared_ptr<const Dataset> dataset, LoaderOptions options);
  // Waits for the images that are just being decoded, not for batches.
  ~Loader();

  int64_t steps_per_epoch() const;

  // Next() then gives this batch. epoch, step >= 0; a step past the epoch's end
  // counts on into the following ones.
  void Seek(int64_t epoch, int64_t step);

  // The next batch; continues into the next epoch by itself. An error (an image
  // that cannot be read: names data set and index) comes again with each call
  // until Seek moves on.
  absl::StatusOr<Batch> Next();

 private:
  class Impl;
  explicit Loader(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_H_
