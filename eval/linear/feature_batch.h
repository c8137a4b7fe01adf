// Batches of features to learn from, one after another, epoch after epoch.
//
//   FeatureBatches batches = CachedBatches({train}, rows, 256, /*seed=*/0);
//   for (int64_t i = 0; i < epochs * batches.steps_per_epoch; ++i) {
//     absl::StatusOr<FeatureBatch> batch = batches.next();
//   }
//
// Batches are full: an epoch leaves out what does not fill one, other rows each
// time. cached_batches.h and encoded_batches.h make them; for equal seeds both
// visit the rows in the same order (unless the data set has shards()).
#ifndef CALDERA_EVAL_LINEAR_FEATURE_BATCH_H_
#define CALDERA_EVAL_LINEAR_FEATURE_BATCH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"

namespace caldera::eval {

struct FeatureBatch {
  std::vector<at::Tensor> features;  // each [B, D], one for each readout
  at::Tensor labels;                 // [B] int64
};

struct FeatureBatches {
  int64_t steps_per_epoch = 0;
  std::function<absl::StatusOr<FeatureBatch>()> next;
};

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_FEATURE_BATCH_H_
