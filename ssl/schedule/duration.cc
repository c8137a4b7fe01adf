#include "ssl/schedule/duration.h"

#include <algorithm>
#include <cmath>

#include "base/check_ranges.h"

namespace caldera::ssl {

double ToSteps(const Duration& duration, const RunLength& run) {
  switch (duration.length_case()) {
    case Duration::kSteps:
      return static_cast<double>(duration.steps());
    case Duration::kEpochs:
      return duration.epochs() * static_cast<double>(run.steps_per_epoch);
    case Duration::kExamples:
      return static_cast<double>(duration.examples()) /
             static_cast<double>(run.batch_size);
    case Duration::kShare:
      return duration.share() * static_cast<double>(run.total_steps);
    case Duration::LENGTH_NOT_SET:
      return 0;
  }
  return 0;
}

int64_t WholeSteps(const Duration& duration, const RunLength& run,
                   int64_t none) {
  const double steps = ToSteps(duration, run);
  if (!(steps > 0)) return none;
  return std::max<int64_t>(1, std::llround(std::min(steps, 1e15)));
}

absl::Status Validate(const Duration& duration) {
  return base::CheckRanges(duration);
}

}  // namespace caldera::ssl
