#include "ssl/schedule/duration.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/string_view.h"
#include "base/field_check.h"

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
  const auto at_least_zero = [](absl::string_view field, double value) {
    return base::FieldCheck()
        .Require(value >= 0 && std::isfinite(value), field, value,
                 "is not a length of time (>= 0)")
        .status();
  };
  switch (duration.length_case()) {
    case Duration::kSteps:
      return at_least_zero("steps", static_cast<double>(duration.steps()));
    case Duration::kEpochs:
      return at_least_zero("epochs", duration.epochs());
    case Duration::kExamples:
      return at_least_zero("examples",
                           static_cast<double>(duration.examples()));
    case Duration::kShare:
      return base::FieldCheck()
          .InRange("share", duration.share(), 0, 1)
          .status();
    case Duration::LENGTH_NOT_SET:
      break;
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
