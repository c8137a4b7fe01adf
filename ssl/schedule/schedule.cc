#include "ssl/schedule/schedule.h"

#include "ssl/schedule/schedule_shape.h"

namespace caldera::ssl {

double ScheduleValue(const Schedule& schedule, int64_t step,
                     const RunLength& run) {
  return SchedulePart::Create(schedule).value()->Value(
      static_cast<double>(step), run);
}

absl::Status Validate(const Schedule& schedule) {
  return SchedulePart::Check(schedule);
}

}  // namespace caldera::ssl
