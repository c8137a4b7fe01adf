#ifndef CALDERA_EVAL_EVALUATE_H_
#define CALDERA_EVAL_EVALUATE_H_

// Features to result rows: every task, with all that a row must say.
//
//   absl::Status status = EvaluateFeatures(
//       {"m_mae", SettingOf(readout)}, train, test, 10, spec, Tasks{},
//       [&](const nlohmann::json& row) { return AppendResult(path, row); });
//
// A row holds features, task, setting {feature, block, norm, masking, and k,
// temperature, distance or what the probe was, and "measured_on" where that is
// no test set}, top1 and top5 in percent, train_size and test_size: accuracies
// without these cannot be compared.

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

// Whose features these are ("fashion_mnist/m_mae", "random encoder", "raw
// pixels"), and which: SettingOf a readout, or {"feature": "pixels"}.
struct FeatureName {
  std::string features;
  nlohmann::json setting;
};

struct Tasks {
  bool knn = true;
  bool linear = true;
};

// Gets each row as soon as it is measured, so that an interruption costs no
// finished one; an error ends the measuring.
using EmitRow = std::function<absl::Status(const nlohmann::json&)>;

// A recipe that wants augmented images trains its heads on the features as they
// are, and attention_pooling does not apply: there are no images and no patches
// here (evaluate_encoder.h has them). The row says so.
absl::Status EvaluateFeatures(const FeatureName& name,
                              const LabelledFeatures& train,
                              const LabelledFeatures& test, int64_t num_classes,
                              const EvalSpec& spec, const Tasks& tasks,
                              const EmitRow& emit);

// The row of a sweep of `heads` (complete). It holds every head too: base_lr,
// weight_decay, held_out_top1, diverged.
nlohmann::json HeadsRow(const FeatureName& name, int64_t train_size,
                        int64_t test_size, const EvalSpec& spec,
                        const HeadsSpec& heads, const HeadSweep& sweep);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EVALUATE_H_
