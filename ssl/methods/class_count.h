// Finds how many classes a run learns, from the labels of its data set, before
// training starts.
//
//   absl::StatusOr<int64_t> classes = ClassCount(experiment, dataset.get());
#ifndef CALDERA_SSL_METHODS_CLASS_COUNT_H_
#define CALDERA_SSL_METHODS_CLASS_COUNT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {

// Returns the number of classes of `dataset`, the training set of
// classification; if it is null, classification.num_classes. Returns
// InvalidArgument, beginning with the field's path in Experiment, if the set or
// an image has no label, if there are fewer than two classes or another number
// than num_classes, or if no number is known.
absl::StatusOr<int64_t> ClassCount(const Experiment& experiment,
                                   const data::Dataset* dataset);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_CLASS_COUNT_H_
