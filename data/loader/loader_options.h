// The options of a Loader (loader.h).
#ifndef CALDERA_DATA_LOADER_LOADER_OPTIONS_H_
#define CALDERA_DATA_LOADER_LOADER_OPTIONS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "data/data.pb.h"

namespace caldera::data {

class BadImages;  // bad_images.h

struct LoaderOptions {
  int64_t batch_size = 0;  // of all ranks together
  uint64_t seed = 0;
  int64_t image_size = 0;         // views are [B, C, image_size, image_size]
  bool shuffle = false;           // false: the order of the data set
  int64_t shuffle_buffer = 8192;  // images; for a set that has shards()
  bool drop_last = false;  // false: the last batch of an epoch may be smaller
  int workers = 1;         // 0 decodes in the caller's thread
  int prefetch = 4;        // batches ready ahead
  // One entry per view; without any, there is one view that is only resized,
  // for evaluation.
  std::vector<AugmentSpec> views;
  // Copies of an image in a batch, each with its own augmentation; a batch
  // holds batch_size / repeats images.
  int repeats = 1;
  LoaderSpec::OnBadImage on_bad_image = LoaderSpec::FAIL;
  // Under SKIP: a bad image is left out of its batch, which then has fewer
  // rows, perhaps none, instead of being replaced by another one. For
  // evaluation; Batch::index says which images are there.
  bool leave_out = false;
  // Where bad images are noted under SKIP; loaders of one set share it, so that
  // each is reported once. Null: the loader's own.
  std::shared_ptr<BadImages> bad_images;
  // This process gets the rank-th of world_size contiguous runs of each batch.
  int rank = 0;
  int world_size = 1;
  // A batch consists of that many equal contiguous microbatches, and a process
  // gets its rows of each, one microbatch after the other: for any number of
  // processes, the rows of all processes in microbatch k form microbatch k of
  // the batch. A value above 1 needs drop_last and must divide batch_size.
  int microbatches = 1;
  // Returns no pixels: Batch::plans describe the views of images that are
  // already on a device (augment_on_device.h). The set's images have one size,
  // and are square if a view has no random_resized_crop.
  bool plans_only = false;
  // Uses page-locked memory, so that copies to a CUDA device overlap with work.
  // Has no effect if this LibTorch or machine has no CUDA.
  bool pin_memory = false;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_LOADER_OPTIONS_H_
