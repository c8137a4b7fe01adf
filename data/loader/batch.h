// The batch that the loader returns for a training or evaluation step.
#ifndef CALDERA_DATA_LOADER_BATCH_H_
#define CALDERA_DATA_LOADER_BATCH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "data/augment/augment_plan.h"

namespace caldera::data {

struct Batch {
  std::vector<at::Tensor> views;  // V x uint8 [B, C, H, W]
  // V x B plans that replace the views if the pixels are already on a device
  // (LoaderOptions::plans_only).
  std::vector<std::vector<AugmentPlan>> plans;
  at::Tensor labels;  // int64 [B], -1 unknown
  at::Tensor index;   // int64 [B], positions in the data set
  // float32 [B, V, 5]: the rectangle of each view in its source image, in
  // pixels of the source (top, left, height, width), and 1 if the view was
  // flipped.
  at::Tensor crops;
  int64_t epoch = 0;
  int64_t step = 0;  // within the epoch
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_BATCH_H_
