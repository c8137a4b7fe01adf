#ifndef CALDERA_SSL_SCHEDULE_SCHEDULE_H_
#define CALDERA_SSL_SCHEDULE_SCHEDULE_H_

// Values over time as pure functions of the step: nothing to save or restore.
//
//   double weight = ScheduleValue(spec.regularizer().weight(), step, run);
//   double lr = LearningRate(options, step);

#include <cstdint>

#include "absl/status/status.h"
#include "ssl/schedule/duration.h"
#include "ssl/schedule/schedule.pb.h"

namespace caldera::ssl {

// The value in force during `step` (from 0). A schedule without a shape is 1.
// A window is on at step s where start <= s < start + duration, so that
// "start 10 epochs, duration 100 epochs" is on for epochs 10 to 109, as the
// authors' schedule is (MAGMA, supplement, section 1).
double ScheduleValue(const Schedule& schedule, int64_t step,
                     const RunLength& run);

absl::Status Validate(const Schedule& schedule);

// Linear warm-up from `warmup_start` to `peak`, then half a cosine to `min`.
struct WarmupCosine {
  double peak = 1e-3;
  double min = 0;
  double warmup_start = 0;
  double warmup_steps = 0;
  double total_steps = 1;
};

// The learning rate of `step`; with warmup_start 0 it is the official MAE's
// (util/lr_sched.py, adjusted at every iteration).
double LearningRate(const WarmupCosine& options, double step);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_SCHEDULE_H_
