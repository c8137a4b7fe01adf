// Converts epochs, examples and shares of a run to steps, in one place.
//
//   RunLength run;
//   run.steps_per_epoch = 234;
//   double start = ToSteps(spec.start(), run);  // 10 epochs -> 2340
//
// Steps stay fractional: a caller that needs an integer decides how to round.
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

// Returns the steps of `duration`; 0 if none of its fields is set.
double ToSteps(const Duration& duration, const RunLength& run);

// Returns the nearest integer number of steps, at least 1; `none` for a
// duration of 0.
int64_t WholeSteps(const Duration& duration, const RunLength& run,
                   int64_t none);

// Refuses negative or non-finite lengths and shares above 1. The text of the
// error begins with the path of the field.
absl::Status Validate(const Duration& duration);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_DURATION_H_
