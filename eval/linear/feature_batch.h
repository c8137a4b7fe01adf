// The features that linear heads read: batches to learn from, one after
// another, epoch after epoch, and all rows of a set once, for measuring.
//
//   FeatureBatches batches = CachedBatches({train}, rows, 256, /*seed=*/0);
//   for (int64_t i = 0; i < epochs * batches.steps_per_epoch; ++i) {
//     absl::StatusOr<FeatureBatch> batch = batches.next();
//   }
//   absl::Status status = test.for_each([&](const FeatureBatch& block) { ...
//   });
//
// Batches are full: an epoch leaves out the rows that do not fill one,
// different rows in each epoch. cached_batches.h and encoded_batches.h make
// them; for equal seeds both visit the rows in the same order (unless the data
// set has shards()).
#ifndef CALDERA_EVAL_LINEAR_FEATURE_BATCH_H_
#define CALDERA_EVAL_LINEAR_FEATURE_BATCH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caldera::eval {

struct FeatureBatch {
  // One tensor for each readout: [B, D], or [B, N, D] for all patches.
  std::vector<at::Tensor> features;
  at::Tensor labels;  // [B] int64
};

struct FeatureBatches {
  int64_t steps_per_epoch = 0;
  std::function<absl::StatusOr<FeatureBatch>()> next;
};

struct FeatureBlocks {
  // Passes block by block in order, with labels on the CPU, to the callee,
  // whose first error ends the loop.
  std::function<absl::Status(
      const std::function<absl::Status(const FeatureBatch&)>&)>
      for_each;
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_FEATURE_BATCH_H_
