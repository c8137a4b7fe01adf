#include "ssl/schedule/duration.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

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
    if (value >= 0 && std::isfinite(value)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", value, " is not a length of time (>= 0)"));
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
      if (duration.share() >= 0 && duration.share() <= 1) break;
      return absl::InvalidArgumentError(
          absl::StrCat("share: ", duration.share(), " is not in [0, 1]"));
    case Duration::LENGTH_NOT_SET:
      break;
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
