// Makes the learning rate of a run from its spec.
//
//   LearningRateOptions options = MakeLearningRate(spec.optimizer(), run);
//   double lr = LearningRate(options, step);
#ifndef CALDERA_SSL_OPTIM_MAKE_LEARNING_RATE_H_
#define CALDERA_SSL_OPTIM_MAKE_LEARNING_RATE_H_

#include "ssl/optim/optim.pb.h"
#include "ssl/schedule/duration.h"
#include "ssl/schedule/learning_rate.h"

namespace caldera::ssl {

// Multiplies base_lr and min_lr by batch_size / 256 if the spec says so, never
// warmup_start_lr; converts times to steps of `run`. Without a warm-up the rate
// begins at its peak.
LearningRateOptions MakeLearningRate(const OptimizerSpec& spec,
                                     const RunLength& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_OPTIM_MAKE_LEARNING_RATE_H_
