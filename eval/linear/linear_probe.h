// Solves the linear probe to its optimum: multinomial logistic regression on
// cached features, by L-BFGS on the complete training set.
//
//   auto result = EvaluateLinearProbe({train_features, train_labels},
//                                     {test_features, test_labels}, 10,
//                                     LinearProbeSpec());
//   result->top1;  // test, percent
//
// Unlike MAE's probe (LARS, 90 epochs, augmented images) there is no learning
// rate to tune: equal features give equal accuracy, on any machine, to
// rounding.
//
// Features are normalised in place where nobody else holds them, so that the
// training set is in memory once: move them in where they are not read again.
//
// Caveats: a dimension that is constant over the training set becomes 0. With
// standardize, one whose standard deviation is far below 1e-3 fades (eps 1e-6
// in the variance, as BatchNorm1d). `converged` false means max_iterations came
// first: the accuracy is that of an early-stopped fit.
#ifndef CALDERA_EVAL_LINEAR_LINEAR_PROBE_H_
#define CALDERA_EVAL_LINEAR_LINEAR_PROBE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "eval/features/labelled_features.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

struct LinearProbeResult {
  double top1, top5;  // test, percent; equal logits: the lower class first
  double train_top1;  // percent
  int iterations;
  bool converged;
  double final_loss;  // with the penalty
};

// Fits double features in double, any others in float. Errors:
// InvalidArgumentError of Validate(LinearProbeSpec) below "linear.", and those
// of CheckTrainAndTest.
absl::StatusOr<LinearProbeResult> EvaluateLinearProbe(
    LabelledFeatures train, LabelledFeatures test, int64_t num_classes,
    const LinearProbeSpec& spec);

// Returns the bytes that it holds beside float features that are moved in.
int64_t LinearProbeBytes(int64_t train, int64_t test, int64_t width,
                         int64_t num_classes, const LinearProbeSpec& spec);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_LINEAR_LINEAR_PROBE_H_
