// Makes a set whose images are in memory.
//
//   ImageBlock block{images, labels};  // uint8 [N, C, H, W], N labels
//   auto dataset = MakeInMemoryDataset(std::move(info), {block});
#ifndef CALDERA_DATA_SETS_IN_MEMORY_DATASET_H_
#define CALDERA_DATA_SETS_IN_MEMORY_DATASET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "data/sets/dataset.h"

namespace caldera::data {

// The images of a file, or of several.
struct ImageBlock {
  at::Tensor images;            // uint8 [N, C, H, W] of any strides
  std::vector<int64_t> labels;  // [N], -1 where unknown
};

// Returns the images of the blocks (at least one), one block after another,
// each a view of its block. `info` is complete except for the size, which the
// blocks have in common. CHECK: labels and images agree in number.
std::shared_ptr<const Dataset> MakeInMemoryDataset(
    DatasetInfo info, std::vector<ImageBlock> blocks);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_IN_MEMORY_DATASET_H_
