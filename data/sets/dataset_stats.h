// Mean, standard deviation and sizes of a data set: what a spec's normalisation
// needs.
//
//   absl::StatusOr<DatasetStats> stats = ComputeStats(*dataset, /*threads=*/8);
//   stats->mean;  // {0.4914, 0.4822, 0.4465} of CIFAR-10's training images
#ifndef CALDERA_DATA_SETS_DATASET_STATS_H_
#define CALDERA_DATA_SETS_DATASET_STATS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"

namespace caldera::data {

struct DatasetStats {
  int64_t count = 0, unlabelled = 0;  // images
  int64_t min_height = 0, max_height = 0, min_width = 0, max_width = 0;
  // Over all pixels of all images (a large image counts more), one a channel,
  // of values in [0, 1]; the deviation with the number of pixels as divisor.
  std::vector<double> mean, std;
};

// Reads every image once. The sums are of integers, so that the result does
// not depend on `threads` (at least 1). The first image's error that a thread
// meets, beginning with the set's name and the image's number.
absl::StatusOr<DatasetStats> ComputeStats(const Dataset& dataset, int threads);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_DATASET_STATS_H_
