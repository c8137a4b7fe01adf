// Values over time as pure functions of the step: nothing to save or restore.
//
//   double weight = ScheduleValue(spec.regularizer().weight(), step, run);
//
// The learning rate has its own schedule: learning_rate.h.
#ifndef CALDERA_SSL_SCHEDULE_SCHEDULE_H_
#define CALDERA_SSL_SCHEDULE_SCHEDULE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "ssl/schedule/duration.h"
#include "ssl/schedule/schedule.pb.h"

namespace caldera::ssl {

// Returns the value during `step` (from 0). A schedule without a shape is 1. A
// span includes its first moment and excludes its last: a window is on at step
// s if start <= s < start + duration, so that "start 10 epochs, duration 100
// epochs" is on for epochs 10 to 109, as the authors' schedule is (MAGMA,
// supplement, section 1; adondera/magma, solo/utils/weight_schedulers.py, whose
// shapes are window, step_decay, intervals, triangle and constant, there in
// whole epochs).
double ScheduleValue(const Schedule& schedule, int64_t step,
                     const RunLength& run);

// Returns InvalidArgument, whose text begins with the path of the field, for
// values that are not finite, invalid times, and times in the wrong order if
// they have the same unit (others cannot be compared before the length of the
// run is known; there the later one in the order of the message wins).
absl::Status Validate(const Schedule& schedule);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_SCHEDULE_H_
