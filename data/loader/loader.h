// Batches of a data set, epoch after epoch, prepared by worker threads.
//
//   LoaderOptions options;
//   options.batch_size = 256;
//   options.image_size = 28;
//   options.shuffle = options.drop_last = true;
//   options.views = ViewsOf(spec);                      // data/augment/views.h
//   auto loader = Loader::Create(dataset, options);
//   (*loader)->Seek(epoch, step);                       // to resume
//   absl::StatusOr<Batch> batch = (*loader)->Next();
//
// A batch is a pure function of (data set, options, epoch, step): the number of
// workers changes the speed alone, and Seek continues exactly. A view is drawn
// from AugmentStream(seed, epoch, the image's index, view, copy). Processes
// (rank, world_size) share the batches of one process: see ShardOf.
//
// Caveats: Seek and Next are for one thread. Workers start with the first Next.
// Up to max(prefetch, workers) batches are held or in the making. Workers use
// one ATen thread each; with workers = 0 the caller's setting holds.
#ifndef CALDERA_DATA_LOADER_LOADER_H_
#define CALDERA_DATA_LOADER_LOADER_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "data/loader/batch.h"
#include "data/loader/loader_options.h"
#include "data/sets/dataset.h"

namespace caldera::data {

class Loader {
 public:
  // InvalidArgument, naming the option, for an option out of range, an empty
  // data set, or with drop_last a batch larger than the data set or one that
  // does not divide into the processes.
  static absl::StatusOr<std::unique_ptr<Loader>> Create(
      std::shared_ptr<const Dataset> dataset, LoaderOptions options);
  // Waits for the images that are just being decoded, not for batches.
  ~Loader();

  int64_t steps_per_epoch() const;

  // Different images found unreadable so far, under on_bad_image SKIP. Each was
  // reported once, as a warning. Where an image is bad, another takes its place
  // in views, labels and index; which one, only (seed, epoch, index) decide.
  int64_t bad_images() const;

  // Next() then gives this batch. epoch, step >= 0; a step past the epoch's end
  // counts on into the following ones.
  void Seek(int64_t epoch, int64_t step);

  // The next batch, this process's part; continues into the next epoch by
  // itself. An error (an image that cannot be read: names data set, index and
  // file) comes at its step, and again with each call until Seek moves on.
  absl::StatusOr<Batch> Next();

 private:
  class Impl;
  explicit Loader(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_LOADER_H_
