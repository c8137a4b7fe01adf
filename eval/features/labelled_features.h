// The frozen features of a data set with their labels, which k-NN and the
// linear probe read.
//
//   LabelledFeatures train{features, labels};  // [N, D] and [N]
//   absl::Status status = CheckTrainAndTest(train, test, /*num_classes=*/10);
//
// Caveat: the check reads every value once, to find NaN and infinities: a
// collapsed or diverged encoder must end in an error, not in an accuracy.
#ifndef CALDERA_EVAL_FEATURES_LABELLED_FEATURES_H_
#define CALDERA_EVAL_FEATURES_LABELLED_FEATURES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace caldera::eval {

struct LabelledFeatures {
  at::Tensor features;  // [N, D], any floating-point dtype
  at::Tensor labels;    // [N], int64, 0 to num_classes - 1
};

// Returns an InvalidArgumentError that begins "<name> features: " for a tensor
// that is empty, is not a matrix [N, D], or holds a number that is not finite
// or beyond 1e15 (the encoder has diverged).
absl::Status CheckFeatures(const at::Tensor& features, std::string_view name);

// Returns the bytes that the check holds for float features of N = `rows`.
int64_t CheckFeaturesBytes(int64_t rows, int64_t width);

// Checks the features as CheckFeatures does. Then returns an error that begins
// "<name> labels: " for an undefined tensor, a wrong rank or dtype, a size that
// does not match, and labels outside 0 to num_classes - 1 (-1 marks an
// unlabelled image).
absl::Status CheckLabelledFeatures(const LabelledFeatures& data,
                                   std::string_view name, int64_t num_classes);

// Checks both sets under the names "train" and "test", and that their widths
// agree.
absl::Status CheckTrainAndTest(const LabelledFeatures& train,
                               const LabelledFeatures& test,
                               int64_t num_classes);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_LABELLED_FEATURES_H_
