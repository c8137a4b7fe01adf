// How many classes a run learns: the labels of its data set, looked at before
// anything starts.
//
//   absl::StatusOr<int64_t> classes = ClassCount(experiment, dataset.get());
#ifndef CALDERA_SSL_METHODS_CLASS_COUNT_H_
#define CALDERA_SSL_METHODS_CLASS_COUNT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "ssl/experiment/experiment.pb.h"

namespace caldera::ssl {

// The classes of `dataset`, what classification is trained on; where that is
// null, classification.num_classes. InvalidArgument, beginning with the field's
// path in Experiment: a set without labels, an image without one, fewer than
// two classes, another number than num_classes, no number at all.
absl::StatusOr<int64_t> ClassCount(const Experiment& experiment,
                                   const data::Dataset* dataset);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_METHODS_CLASS_COUNT_H_
