// The learning rate as a pure function of the step: a linear warm-up, then one
// of the shapes of base/rates.
//
//   LearningRateOptions options;
//   options.peak = 1e-3;
//   options.warmup_steps = 500;
//   options.total_steps = 10000;
//   double lr = LearningRate(options, /*step=*/0);  // 0
#ifndef CALDERA_SSL_SCHEDULE_LEARNING_RATE_H_
#define CALDERA_SSL_SCHEDULE_LEARNING_RATE_H_

#include "base/rates/rate_shape.h"

namespace caldera::ssl {

using LearningRateOptions = base::RateOptions;

// Returns the rate at `step` (from 0). After total_steps a cosine stays at its
// minimum. CHECK: the shape is registered.
double LearningRate(const LearningRateOptions& options, double step);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_LEARNING_RATE_H_
