// Features that are in memory: shuffled batches of them, or all of them.
//
//   FeatureBatches batches = CachedBatches({train}, rows, 256, /*seed=*/0);
#ifndef CALDERA_EVAL_LINEAR_CACHED_BATCHES_H_
#define CALDERA_EVAL_LINEAR_CACHED_BATCHES_H_

#include <cstdint>
#include <vector>

#include "eval/features/labelled_features.h"
#include "eval/linear/feature_batch.h"

namespace caldera::eval {

// Of `rows` of features that share their labels, in the features' dtype and
// place. batch_size <= rows.size(), a CHECK.
FeatureBatches CachedBatches(std::vector<LabelledFeatures> features,
                             std::vector<int64_t> rows, int64_t batch_size,
                             uint64_t seed);

// All rows of features that share their labels, one entry a readout.
FeatureBlocks CachedBlocks(const std::vector<LabelledFeatures>& features);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_CACHED_BATCHES_H_
