#include "eval/evaluate_pixels.h"

#include <glog/logging.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/status.h"
#include "eval/evaluate_encoder.h"
#include "eval/features/features.h"
#include "eval/measuring_plan.h"

namespace caldera::eval {

void EvaluatePixels(const EvaluationSets& sets, int64_t image_size,
                    const EvalSpec& spec, const Tasks& tasks,
                    const EmitRow& emit, base::Missing& missing) {
  const int64_t budget = MeasuringBudget(spec);
  const PixelMeasuring plan = PlanPixels(sets, image_size, spec, tasks, budget);
  if (plan.side == 0 && tasks.knn && tasks.linear) {
    // One of them may fit.
    for (const Tasks& alone : {Tasks{true, false}, Tasks{false, true}}) {
      EvaluatePixels(sets, image_size, spec, alone, emit, missing);
    }
    return;
  }
  if (plan.side == 0) {
    LOG(WARNING) << "raw pixels: " << (tasks.knn ? "k-NN" : "the linear probe")
                 << " is left out: it " << TooLarge(plan.bytes, budget, spec);
    return;
  }
  FeatureName name{"raw pixels", {{"feature", "pixels"}, {"masking", "none"}}};
  if (plan.side < image_size) {
    name.setting["side"] = plan.side;
    LOG(INFO) << "raw pixels: images are shrunk to " << plan.side << " x "
              << plan.side << " to fit into memory (eval.memory_gb)";
  }
  missing.Attempt("k-NN and linear probe of raw pixels", [&]() -> absl::Status {
    ASSIGN_OR_RETURN(auto train,
                     RawPixels(sets.train, plan.side, sets.train_bad));
    ASSIGN_OR_RETURN(auto test, RawPixels(sets.test, plan.side, sets.test_bad));
    name.left_out = LeftOut(sets, train.labels.size(0), test.labels.size(0));
    EvaluateFeatures(name, std::move(train), std::move(test), sets.num_classes,
                     spec, tasks, emit, missing);
    return absl::OkStatus();
  });
}

}  // namespace caldera::eval
