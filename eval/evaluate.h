#ifndef CALDERA_EVAL_EVALUATE_H_
#define CALDERA_EVAL_EVALUATE_H_

// Features to result rows: every task, with all that a row must say.
//
//   absl::StatusOr<std::vector<nlohmann::json>> rows = EvaluateFeatures(
//       {"m_mae", "mean"}, train, test, 10, spec, Tasks{});
//
// A row holds features, task, setting {feature, masking, and k, temperature,
// distance or l2, and "measured_on" where that is no test set}, top1 and top5
// in percent, train_size and test_size: accuracies without these cannot be
// compared.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "eval/eval.pb.h"
#include "eval/labelled_features.h"

namespace caldera::eval {

// Whose features these are ("fashion_mnist/m_mae", "random encoder", "raw
// pixels") and which ("mean", "cls", "pixels").
struct FeatureName {
  std::string features;
  std::string feature;
};

struct Tasks {
  bool knn = true;
  bool linear = true;
};

absl::StatusOr<std::vector<nlohmann::json>> EvaluateFeatures(
    const FeatureName& name, const LabelledFeatures& train,
    const LabelledFeatures& test, int64_t num_classes, const EvalSpec& spec,
    const Tasks& tasks);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EVALUATE_H_
