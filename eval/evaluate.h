// Turns features into result rows: runs the tasks and records in each row
// everything that it must state.
//
//   base::Missing missing;
//   EvaluateFeatures({"m_mae", SettingOf(readout)}, train, test, 10, spec,
//                    Tasks{}, emit, missing);
//
// where `emit` is called with each row: AppendResult(path, row). A row holds
// features, task, setting {feature, block, norm, masking, and k, temperature,
// distance or the probe's settings, and "measured_on" where that is not a test
// set}, top1 and top5 in percent, train_size and test_size: accuracies without
// these cannot be compared. Sizes are those of what was measured; a row also
// states what was left out (LeftOut of evaluate_encoder.h).
#ifndef CALDERA_EVAL_EVALUATE_H_
#define CALDERA_EVAL_EVALUATE_H_

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/program/missing.h"
#include "eval/features/labelled_features.h"
#include "eval/linear/head_sweep.h"
#include "eval/spec/eval.pb.h"

namespace caldera::eval {

// The owner of the features ("fashion_mnist/m_mae", "random encoder", "raw
// pixels") and their setting: SettingOf a readout, or {"feature": "pixels"}.
struct FeatureName {
  std::string features;
  nlohmann::json setting;
  // Further members of every row, which say what was left out; an object.
  nlohmann::json left_out = nlohmann::json::object();
};

struct Tasks {
  bool knn = true;
  bool linear = true;
};

// Receives each row as soon as it is measured, so that an interruption loses no
// finished row. An error, as of a full disk, costs that row.
using EmitRow = std::function<absl::Status(const nlohmann::json&)>;

// Returns what messages call a measurement: "k-NN of m_mae (mean, block 11)".
std::string RowName(const std::string& task, const FeatureName& name);

// Runs the tasks on cached features. More neighbours or a larger batch than
// there are training rows are limited to them (limit_to_rows.h), and the row
// says how many it took. There are no images and no patches here
// (evaluate_encoder.h has them): a recipe that asks for augmented images trains
// its heads on the features as they are, and attention_pooling does not apply.
// The row states this. A task that fails is noted in `missing`; the others are
// measured. Features that are moved in are changed in place, so that the probe
// needs no copy of them (linear_probe.h).
void EvaluateFeatures(const FeatureName& name, LabelledFeatures train,
                      LabelledFeatures test, int64_t num_classes,
                      const EvalSpec& spec, const Tasks& tasks,
                      const EmitRow& emit, base::Missing& missing);

// Returns the row of a sweep of `heads` (complete). It also holds every head:
// base_lr, weight_decay, held_out_top1, diverged.
nlohmann::json HeadsRow(const FeatureName& name, int64_t train_size,
                        int64_t test_size, const EvalSpec& spec,
                        const HeadsSpec& heads, const HeadSweep& sweep);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EVALUATE_H_
