// Computes the mean, standard deviation and sizes of a data set, which a spec's
// normalisation needs.
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
  // One per channel, of values in [0, 1], over all pixels of all images (a
  // large image counts more). The deviation divides by the number of pixels.
  std::vector<double> mean, std;
};

// Reads every image once. The sums are integers, so that the result does not
// depend on `threads` (at least 1). An image's error is returned with the set's
// name and the image's number in front.
absl::StatusOr<DatasetStats> ComputeStats(const Dataset& dataset, int threads);

}  // namespace caldera::data

#endif  // CALDERA_DATA_SETS_DATASET_STATS_H_
