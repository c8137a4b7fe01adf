#include "ssl/schedule/learning_rate.h"

#include <algorithm>

namespace caldera::ssl {

double LearningRate(const LearningRateOptions& options, double step) {
  const auto shape =
      base::RateShapePart::CreateNamed("shape", options.shape).value();
  if (step < options.warmup_steps) {
    // A warm-up of one step or a part of one consists of its start alone.
    const double progress =
        step == 0 ? 0 : std::min(1.0, step / shape->WarmUp(options));
    return options.warmup_start +
           (options.peak - options.warmup_start) * progress;
  }
  const double length = options.total_steps - options.warmup_steps;
  const double progress =
      length > 0 ? std::min(1.0, (step - options.warmup_steps) / length) : 1.0;
  return shape->At(options, step, progress, /*whole=*/1);
}

}  // namespace caldera::ssl
