#ifndef CALDERA_EVAL_EVALUATION_SETS_H_
#define CALDERA_EVAL_EVALUATION_SETS_H_

// What k-NN and the probe learn from, and what they are then measured on.
//
//   auto sets = ExtractSets(spec.measured_on(), [&](data::Split split) {
//     return ExtractFeatures(*encoder, OpenDataset(data, split), options);
//   });
//   EvaluateFeatures(name, sets->train, sets->test, 10, spec, Tasks{});

#include <ATen/core/Tensor.h>

#include <functional>

#include "absl/status/statusor.h"
#include "data/split.h"
#include "eval/eval.pb.h"
#include "eval/labelled_features.h"

namespace caldera::eval {

struct EvaluationSets {
  LabelledFeatures train, test;
};

// Which of the training images VALIDATION measures on: `index` int64 [...], of
// the train split -> bool [...].
at::Tensor HeldOut(const at::Tensor& index);

using ExtractSplit =
    std::function<absl::StatusOr<LabelledFeatures>(data::Split)>;

// TEST: the train and test splits. VALIDATION asks `extract` for the train
// split alone: rows 5, 11, 17, ... become `test`, the others `train`. By
// stride, so that sets sorted by class keep all classes in both. Errors: those
// of `extract`; InvalidArgument for a split of fewer than six rows.
absl::StatusOr<EvaluationSets> ExtractSets(EvalSpec::Part measured_on,
                                           const ExtractSplit& extract);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EVALUATION_SETS_H_
