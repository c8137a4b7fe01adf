// The images that k-NN and the probe learn from, and those they are measured
// on.
//
//   auto sets = MakeEvaluationSets(spec.measured_on(), train, test);
//   EvaluateEncoder("m_mae", encoder, *sets, ...);
//
// Everything that would invalidate a measurement is found here, before features
// are extracted for hours.
#ifndef CALDERA_EVAL_FEATURES_EVALUATION_SETS_H_
#define CALDERA_EVAL_FEATURES_EVALUATION_SETS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/sets/dataset.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

using DatasetPointer = std::shared_ptr<const data::Dataset>;

struct EvaluationSets {
  DatasetPointer train, test;
  int64_t num_classes = 0;
};

// Returns which training images VALIDATION measures on: `index` int64 [...],
// positions in the train split -> bool [...].
at::Tensor HeldOut(const at::Tensor& index);

// Rows 0 to n - 1 in two parts.
struct HeldOutRows {
  std::vector<int64_t> kept, held_out;
};

// Holds out rows stride - 1, 2 stride - 1, ...: by stride, so that sets sorted
// by class keep all classes in both.
HeldOutRows HoldOutEvery(int64_t stride, int64_t n);

// For TEST, returns both sets as they are. For VALIDATION, every sixth image of
// `train` becomes `test`, and the argument `test` is not read (it may be null).
// Errors: InvalidArgument that begins with the set's name: no images, no
// classes, another number of classes in train than in test, a label that is no
// class (with its index); "measured_on: ..." for fewer than six images to hold
// out from.
absl::StatusOr<EvaluationSets> MakeEvaluationSets(EvalSpec::Part measured_on,
                                                  const DatasetPointer& train,
                                                  const DatasetPointer& test);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_EVALUATION_SETS_H_
