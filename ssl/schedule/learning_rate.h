// The learning rate as a pure function of the step: a linear warm-up, then one
// of four shapes.
//
//   LearningRateOptions options;
//   options.peak = 1e-3;
//   options.warmup_steps = 500;
//   options.total_steps = 10000;
//   double lr = LearningRate(options, /*step=*/0);  // 0
#ifndef CALDERA_SSL_SCHEDULE_LEARNING_RATE_H_
#define CALDERA_SSL_SCHEDULE_LEARNING_RATE_H_

#include <vector>

namespace caldera::ssl {

struct LearningRateOptions {
  enum class Shape {
    // Half a cosine from `peak`, at the end of the warm-up, to `min` at the end
    // of the run. Source: facebookresearch/mae, util/lr_sched.py.
    kCosine,
    // The same, but the warm-up divides by one step less and reaches `peak` at
    // step warmup_steps - 1. Without a warm-up the cosine begins at
    // `warmup_start`. Source: vturrisi/solo-learn, solo/utils/lr_scheduler.py,
    // in the recursive form that its trainer runs.
    kSoloCosine,
    // `peak` times step_factor for each step_at that has passed.
    kStep,
    kConstant,
  };

  Shape shape = Shape::kCosine;
  double peak = 1e-3;
  double min = 0;           // the end of the cosines
  double warmup_start = 0;  // the rate of step 0
  double warmup_steps = 0;
  double total_steps = 1;
  std::vector<double> step_at;  // steps, from the beginning of the run
  double step_factor = 0.1;
};

// Returns the rate at `step` (from 0). After total_steps a cosine stays at its
// minimum.
double LearningRate(const LearningRateOptions& options, double step);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_LEARNING_RATE_H_
