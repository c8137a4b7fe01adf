// Refuses schedules whose values leave a range, before a run starts.
//
//   absl::Status status = CheckRange(spec.momentum(), 0, 1);
//   // InvalidArgument: "cosine_ramp.to: 1.5 is not in [0, 1]"
#ifndef CALDERA_SSL_SCHEDULE_SCHEDULE_RANGE_H_
#define CALDERA_SSL_SCHEDULE_SCHEDULE_RANGE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "ssl/schedule/schedule.pb.h"

namespace caldera::ssl {

// Returns field and value of everything that bounds the values of the schedule;
// none for a schedule without a shape. The zero outside of a window counts.
std::vector<std::pair<std::string, double>> ExtremeValues(
    const Schedule& schedule);

// Returns true if the schedule names a shape, be it of a part's own file.
bool NamesShape(const Schedule& schedule);

// Returns the errors of Validate (schedule.h) and those of values outside [lo,
// hi].
absl::Status CheckRange(const Schedule& schedule, double lo, double hi);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_SCHEDULE_SCHEDULE_RANGE_H_
