#ifndef CALDERA_SSL_SCHEDULE_SCHEDULE_RANGE_H_
#define CALDERA_SSL_SCHEDULE_SCHEDULE_RANGE_H_

// Refuses schedules whose values leave a range, before a run starts.
//
//   absl::Status status = CheckRange(spec.momentum(), 0, 1);
//   // InvalidArgument: "cosine_ramp.to: 1.5 is not in [0, 1]"

#include "absl/status/status.h"
#include "ssl/schedule/schedule.pb.h"

namespace caldera::ssl {

// The errors of Validate (schedule.h) and those of values outside [lo, hi]. A
// schedule without a shape is in every range. The zero outside of a window
// counts.
absl::Status CheckRange(const Schedule& schedule, double lo, double hi);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_SCHEDULE_RANGE_H_
