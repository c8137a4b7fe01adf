// How a Loader walks over a data set; see loader.h for what each does.
#ifndef CALDERA_DATA_LOADER_OPTIONS_H_
#define CALDERA_DATA_LOADER_OPTIONS_H_

#include <cstdint>
#include <optional>

#include "data/data.pb.h"

namespace caldera::data {

struct LoaderOptions {
  int64_t batch_size = 0;
  uint64_t seed = 0;
  int64_t image_size = 0;         // batches are [B, C, image_size, image_size]
  bool shuffle = false;           // else in the order of the data set
  int64_t shuffle_buffer = 8192;  // images, of a set that has shards()
  bool drop_last = false;  // else the last batch of an epoch may be smaller
  int workers = 1;         // 0 decodes in the caller's thread
  int prefetch = 4;        // batches ready ahead
  std::optional<AugmentSpec> augment;  // none: evaluation, resize only
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_OPTIONS_H_
