// Finds the rectangles of a batch's views, for tests.
//
//   at::Tensor crops = CropsOf(batch, /*image_size=*/8);  // [B, V, 5]
#ifndef CALDERA_DATA_LOADER_BATCH_TESTING_H_
#define CALDERA_DATA_LOADER_BATCH_TESTING_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <cstdint>

#include "data/augment/augment_plan_testing.h"
#include "data/loader/batch.h"

namespace caldera::data {

// Returns float32 [B, V, 5]: the rectangle of each view in its source image, in
// pixels of the source (top, left, height, width), and 1 if the view was
// flipped.
inline at::Tensor CropsOf(const Batch& batch, int64_t image_size) {
  const auto views = static_cast<int64_t>(batch.plans.size());
  at::Tensor crops = at::empty({batch.index.numel(), views, 5}, at::kFloat);
  float* crop = crops.mutable_data_ptr<float>();
  for (int64_t b = 0; b < batch.index.numel(); ++b) {
    for (int64_t v = 0; v < views; ++v) {
      const AugmentPlan& plan = batch.plans[v][b];
      const ViewBox box = BoxOf(plan, image_size);
      for (const double value :
           {box.top, box.left, box.height, box.width, plan.flip ? 1. : 0.}) {
        *crop++ = static_cast<float>(value);
      }
    }
  }
  return crops;
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_LOADER_BATCH_TESTING_H_
