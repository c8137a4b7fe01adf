#include "eval/evaluate.h"

#include "eval/knn.h"
#include "eval/linear_probe.h"

namespace caldera::eval {

using nlohmann::json;

absl::StatusOr<std::vector<json>> EvaluateFeatures(
    const FeatureName& name, const LabelledFeatures& train,
    const LabelledFeatures& test, int64_t num_classes, const EvalSpec& spec,
    const Tasks& tasks) {
  const json base = {{"features", name.features},
                     {"train_size", train.features.size(0)},
                     {"test_size", test.features.size(0)}};
  json base_setting = {{"feature", name.feature}, {"masking", "none"}};
  if (spec.measured_on() == EvalSpec::VALIDATION) {
    base_setting["measured_on"] = "validation";
  }
  std::vector<json> rows;
  if (tasks.knn) {
    const auto results = EvaluateKnn(train, test, num_classes, spec.knn());
    if (!results.ok()) return results.status();
    for (const KnnResult& result : *results) {
      json setting = base_setting;
      setting.update({{"k", result.k}, {"distance", result.distance}});
      if (result.temperature > 0) setting["temperature"] = result.temperature;
      json row = base;
      row.update({{"task", "knn"},
                  {"setting", setting},
                  {"top1", result.top1},
                  {"top5", result.top5}});
      rows.push_back(row);
    }
  }
  if (tasks.linear) {
    const auto result =
        EvaluateLinearProbe(train, test, num_classes, spec.linear());
    if (!result.ok()) return result.status();
    json setting = base_setting;
    setting.update({{"l2", spec.linear().l2()},
                    {"standardize", spec.linear().standardize()}});
    json row = base;
    row.update({{"task", "linear"},
                {"setting", setting},
                {"iterations", result->iterations},
                {"converged", result->converged},
                {"top1", result->top1},
                {"top5", result->top5},
                {"train_top1", result->train_top1}});
    rows.push_back(row);
  }
  return rows;
}

}  // namespace caldera::eval
