// Serves features that are in memory: in shuffled batches, or all at once.
//
//   FeatureBatches batches = CachedBatches({train}, rows, 256, /*seed=*/0);
#ifndef CALDERA_EVAL_LINEAR_CACHED_BATCHES_H_
#define CALDERA_EVAL_LINEAR_CACHED_BATCHES_H_

#include <cstdint>
#include <vector>

#include "eval/features/labelled_features.h"
#include "eval/linear/feature_batch.h"

namespace caldera::eval {

// Returns batches of `rows` of features that share their labels, in the
// features' dtype and on their device. CHECK: batch_size <= rows.size().
FeatureBatches CachedBatches(std::vector<LabelledFeatures> features,
                             std::vector<int64_t> rows, int64_t batch_size,
                             uint64_t seed);

// Returns all rows of features that share their labels, one entry a readout.
FeatureBlocks CachedBlocks(const std::vector<LabelledFeatures>& features);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_CACHED_BATCHES_H_
