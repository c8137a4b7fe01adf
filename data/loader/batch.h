// What the loader hands to a training or evaluation step.
#ifndef CALDERA_DATA_LOADER_BATCH_H_
#define CALDERA_DATA_LOADER_BATCH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "data/augment/augment_plan.h"

namespace caldera::data {

struct Batch {
  std::vector<at::Tensor> views;  // V x uint8 [B, C, H, W]
  // V x B: in place of the views, where the pixels are on a device already
  // (LoaderOptions::plans_only).
  std::vector<std::vector<AugmentPlan>> plans;
  at::Tensor labels;  // int64 [B], -1 unknown
  at::Tensor index;   // int64 [B], positions in the data set
  // float32 [B, V, 5]: where each view lies in its source image, in pixels of
  // the source (top, left, height, width), and 1 where it was then flipped.
  at::Tensor crops;
  int64_t epoch = 0;
  int64_t step = 0;  // inside the epoch
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_BATCH_H_
