// Turns features into result rows: runs the tasks and records in each row
// everything that it must state.
//
//   absl::Status status = EvaluateFeatures(
//       {"m_mae", SettingOf(readout)}, train, test, 10, spec, Tasks{},
//       [&](const nlohmann::json& row) { return AppendResult(path, row); });
//
// A row holds features, task, setting {feature, block, norm, masking, and k,
// temperature, distance or the probe's settings, and "measured_on" where that
// is not a test set}, top1 and top5 in percent, train_size and test_size:
// accuracies without these cannot be compared.
#ifndef CALDERA_EVAL_EVALUATE_H_
#define CALDERA_EVAL_EVALUATE_H_

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "eval/features/labelled_features.h"
#include "eval/linear/head_sweep.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

// The owner of the features ("fashion_mnist/m_mae", "random encoder", "raw
// pixels") and their setting: SettingOf a readout, or {"feature": "pixels"}.
struct FeatureName {
  std::string features;
  nlohmann::json setting;
};

struct Tasks {
  bool knn = true;
  bool linear = true;
};

// Receives each row as soon as it is measured, so that an interruption loses no
// finished row. An error ends the measurement.
using EmitRow = std::function<absl::Status(const nlohmann::json&)>;

// Runs the tasks on cached features. There are no images and no patches here
// (evaluate_encoder.h has them): a recipe that asks for augmented images trains
// its heads on the features as they are, and attention_pooling does not apply.
// The row states this. Features that are moved in are changed in place, so that
// the probe needs no copy of them (linear_probe.h).
absl::Status EvaluateFeatures(const FeatureName& name, LabelledFeatures train,
                              LabelledFeatures test, int64_t num_classes,
                              const EvalSpec& spec, const Tasks& tasks,
                              const EmitRow& emit);

// Returns the row of a sweep of `heads` (complete). It also holds every head:
// base_lr, weight_decay, held_out_top1, diverged.
nlohmann::json HeadsRow(const FeatureName& name, int64_t train_size,
                        int64_t test_size, const EvalSpec& spec,
                        const HeadsSpec& heads, const HeadSweep& sweep);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EVALUATE_H_
