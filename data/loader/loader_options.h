// How a Loader walks over a data set; see loader.h for what each does.
#ifndef CALDERA_DATA_LOADER_LOADER_OPTIONS_H_
#define CALDERA_DATA_LOADER_LOADER_OPTIONS_H_

#include <cstdint>
#include <vector>

#include "data/data.pb.h"

namespace caldera::data {

struct LoaderOptions {
  int64_t batch_size = 0;  // of all ranks together
  uint64_t seed = 0;
  int64_t image_size = 0;         // views are [B, C, image_size, image_size]
  bool shuffle = false;           // else in the order of the data set
  int64_t shuffle_buffer = 8192;  // images, of a set that has shards()
  bool drop_last = false;  // else the last batch of an epoch may be smaller
  int workers = 1;         // 0 decodes in the caller's thread
  int prefetch = 4;        // batches ready ahead
  // One entry a view; none: evaluation, one view that is only resized.
  std::vector<AugmentSpec> views;
  // Copies of an image in a batch, each augmented anew; batch_size / repeats
  // images make up a batch.
  int repeats = 1;
  LoaderSpec::OnBadImage on_bad_image = LoaderSpec::FAIL;
  // This process gets the rank-th of world_size contiguous parts of each batch.
  int rank = 0;
  int world_size = 1;
  // A batch is that many equal contiguous parts, and a process gets its share
  // of each, one part after the other: the rows of part k of all processes are
  // then part k of the batch, however many they are. More than 1: with
  // drop_last, and a divisor of batch_size.
  int microbatches = 1;
  // No pixels: Batch::plans says what to do with images that are on a device
  // already (augment_on_device.h). The set's images have one size, and where a
  // view has no random_resized_crop they are square.
  bool plans_only = false;
  // Page-locked memory, for copies to a CUDA device that overlap with work.
  // Nothing where this LibTorch or machine has no CUDA.
  bool pin_memory = false;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_LOADER_OPTIONS_H_
