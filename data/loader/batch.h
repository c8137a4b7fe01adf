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
  // V x B: the plan of each view. LoaderOptions::plans_only leaves the views
  // out.
  std::vector<std::vector<AugmentPlan>> plans;
  at::Tensor labels;  // int64 [B], -1 unknown
  at::Tensor index;   // int64 [B], positions in the data set
  int64_t epoch = 0;
  int64_t step = 0;  // within the epoch
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_BATCH_H_
