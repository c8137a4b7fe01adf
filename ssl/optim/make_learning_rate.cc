#include "ssl/optim/make_learning_rate.h"

namespace caldera::ssl {

LearningRateOptions MakeLearningRate(const OptimizerSpec& spec,
                                     const RunLength& run) {
  const double scale = spec.scale_lr_by_batch()
                           ? static_cast<double>(run.batch_size) / 256.0
                           : 1.0;
  LearningRateOptions options;
  options.shape = spec.lr_schedule();
  options.peak = scale * spec.base_lr();
  options.min = scale * spec.min_lr();
  options.warmup_steps = ToSteps(spec.warmup(), run);
  // Without a warm-up solo-learn's schedule never leaves its start; its caller
  // then passes the peak as the start, as this does.
  options.warmup_start =
      options.warmup_steps > 0 ? spec.warmup_start_lr() : options.peak;
  options.total_steps = static_cast<double>(run.total_steps);
  for (const Duration& at : spec.lr_step()) {
    options.step_at.push_back(ToSteps(at, run));
  }
  options.step_factor = spec.lr_step_factor();
  return options;
}

}  // namespace caldera::ssl
