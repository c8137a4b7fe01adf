#include "ssl/schedule/learning_rate.h"

#include <algorithm>
#include <cmath>

namespace caldera::ssl {
namespace {

using Shape = LearningRateOptions::Shape;

double WarmUp(const LearningRateOptions& options, double step) {
  const double length = options.shape == Shape::kSoloCosine
                            ? options.warmup_steps - 1
                            : options.warmup_steps;
  // A warm-up of one step or a part of one consists of its start alone.
  const double progress = step == 0 ? 0 : std::min(1.0, step / length);
  return options.warmup_start +
         (options.peak - options.warmup_start) * progress;
}

double Cosine(const LearningRateOptions& options, double from, double step) {
  const double length = options.total_steps - options.warmup_steps;
  const double progress =
      length > 0 ? std::min(1.0, (step - options.warmup_steps) / length) : 1.0;
  return options.min +
         (from - options.min) * 0.5 * (1.0 + std::cos(M_PI * progress));
}

}  // namespace

double LearningRate(const LearningRateOptions& options, double step) {
  if (step < options.warmup_steps) return WarmUp(options, step);
  switch (options.shape) {
    case Shape::kCosine:
      return Cosine(options, options.peak, step);
    case Shape::kSoloCosine:
      return Cosine(
          options,
          options.warmup_steps > 0 ? options.peak : options.warmup_start, step);
    case Shape::kStep: {
      double rate = options.peak;
      for (const double at : options.step_at) {
        if (step >= at) rate *= options.step_factor;
      }
      return rate;
    }
    case Shape::kConstant:
      break;
  }
  return options.peak;
}

}  // namespace caldera::ssl
