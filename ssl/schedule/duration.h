// The one place where epochs, examples and shares of a run become steps.
//
//   RunLength run;
//   run.steps_per_epoch = 234;
//   double start = ToSteps(spec.start(), run);  // 10 epochs -> 2340
//
// Steps stay fractional: whoever needs a whole number says how to round.
#ifndef CALDERA_SSL_SCHEDULE_DURATION_H_
#define CALDERA_SSL_SCHEDULE_DURATION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "ssl/schedule/schedule.pb.h"

namespace caldera::ssl {

struct RunLength {
  int64_t steps_per_epoch = 1;
  int64_t total_steps = 1;
  int64_t batch_size = 1;  // images a step, over all processes
};

// A Duration without any of its fields is 0.
double ToSteps(const Duration& duration, const RunLength& run);

// The nearest whole number of steps, at least 1; `none` for a duration of 0.
int64_t WholeSteps(const Duration& duration, const RunLength& run,
                   int64_t none);

// Refuses negative or non-finite lengths and shares above 1. The error's text
// begins with the field's path.
absl::Status Validate(const Duration& duration);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_DURATION_H_
