// Returns batches of a data set, epoch after epoch, prepared by worker threads.
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
// workers changes the speed only, and Seek resumes exactly. A view is drawn
// from AugmentStream(seed, epoch, the image's index, view, copy). Processes
// (rank, world_size) share the batches of one process: see RankRowsOf.
//
// Caveats: call Seek and Next from one thread. Workers start with the first
// Next. Up to max(prefetch, workers) batches are held or in progress. Each
// worker uses one ATen thread; with workers = 0, the caller's setting applies.
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
  // Errors: InvalidArgument, which names the option, for an option out of
  // range, an empty data set, or, with drop_last, a batch that is larger than
  // the data set or does not divide into the processes.
  static absl::StatusOr<std::unique_ptr<Loader>> Create(
      std::shared_ptr<const Dataset> dataset, LoaderOptions options);
  // Waits for the images that are being decoded, not for batches.
  ~Loader();

  int64_t steps_per_epoch() const;

  // Returns the number of distinct unreadable images so far, under on_bad_image
  // SKIP. Each was reported once, as a warning. Another image replaces a bad
  // one in views, labels and index; (seed, epoch, index) determine which one.
  // With LoaderOptions::leave_out the batch has fewer rows instead.
  int64_t bad_images() const;

  // Makes Next() return this batch. epoch, step >= 0; a step past the epoch's
  // end counts on into the following epochs.
  void Seek(int64_t epoch, int64_t step);

  // Returns this rank's rows of the next batch; continues into the next epoch
  // by itself. An error (an unreadable image, with data set, index and file) is
  // returned at its step, and again with each call until Seek moves on.
  absl::StatusOr<Batch> Next();

 private:
  class Impl;
  explicit Loader(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_LOADER_H_
