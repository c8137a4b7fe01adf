// What the loader hands to a training or evaluation step.
#ifndef CALDERA_DATA_BATCH_H_
#define CALDERA_DATA_BATCH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace caldera::data {

struct Batch {
  std::vector<at::Tensor> views;  // V x uint8 [B, C, H, W]
  at::Tensor labels;              // int64 [B], -1 unknown
  at::Tensor index;               // int64 [B], positions in the data set
  int64_t epoch = 0;
  int64_t step = 0;  // inside the epoch
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_BATCH_H_
