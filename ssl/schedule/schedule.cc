#include "ssl/schedule/schedule.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

absl::Status Under(absl::string_view field, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(field, ".", status.message()));
}

}  // namespace

double ScheduleValue(const Schedule& schedule, int64_t step,
                     const RunLength& run) {
  switch (schedule.shape_case()) {
    case Schedule::kConstant:
      return schedule.constant();
    case Schedule::kWindow: {
      const WindowSpec& window = schedule.window();
      const double start = ToSteps(window.start(), run);
      const double now = static_cast<double>(step);
      if (now < start) return 0;
      if (window.has_duration() &&
          now >= start + ToSteps(window.duration(), run)) {
        return 0;
      }
      return window.value();
    }
    case Schedule::SHAPE_NOT_SET:
      return 1;
  }
  return 1;
}

absl::Status Validate(const Schedule& schedule) {
  if (schedule.shape_case() == Schedule::kConstant &&
      !std::isfinite(schedule.constant())) {
    return absl::InvalidArgumentError(
        absl::StrCat("constant: ", schedule.constant(), " is not finite"));
  }
  if (schedule.shape_case() != Schedule::kWindow) return absl::OkStatus();
  const WindowSpec& window = schedule.window();
  if (!std::isfinite(window.value())) {
    return absl::InvalidArgumentError(
        absl::StrCat("window.value: ", window.value(), " is not finite"));
  }
  const absl::Status start = Under("window.start", Validate(window.start()));
  if (!start.ok()) return start;
  return Under("window.duration", Validate(window.duration()));
}

double LearningRate(const WarmupCosine& options, double step) {
  if (step < options.warmup_steps) {
    return options.warmup_start +
           (options.peak - options.warmup_start) * step / options.warmup_steps;
  }
  const double decay_steps = options.total_steps - options.warmup_steps;
  const double progress =
      decay_steps > 0
          ? std::min(1.0, (step - options.warmup_steps) / decay_steps)
          : 1.0;
  return options.min +
         (options.peak - options.min) * 0.5 * (1.0 + std::cos(M_PI * progress));
}

}  // namespace caldera::ssl
