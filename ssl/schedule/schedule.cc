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

// How far a ramp is at `step`: 0 before it, 1 after.
double Progress(const RampSpec& ramp, int64_t step, const RunLength& run) {
  const double start = ToSteps(ramp.start(), run);
  const double length = ramp.has_duration()
                            ? ToSteps(ramp.duration(), run)
                            : static_cast<double>(run.total_steps) - start;
  const double done = static_cast<double>(step) - start;
  if (done < 0) return 0;
  return done < length ? done / length : 1;
}

double Between(const RampSpec& ramp, double share) {
  return ramp.from() + (ramp.to() - ramp.from()) * share;
}

absl::Status CheckFinite(absl::string_view field, double value) {
  if (std::isfinite(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is not finite"));
}

absl::Status ValidateRamp(const std::string& field, const RampSpec& ramp) {
  for (const absl::Status& status :
       {CheckFinite(field + ".from", ramp.from()),
        CheckFinite(field + ".to", ramp.to()),
        Under(field + ".start", Validate(ramp.start())),
        Under(field + ".duration", Validate(ramp.duration()))}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ValidateSteps(const StepsSpec& steps) {
  const absl::Status initial = CheckFinite("steps.initial", steps.initial());
  if (!initial.ok()) return initial;
  for (int i = 0; i < steps.change_size(); ++i) {
    const std::string field = absl::StrCat("steps.change[", i, "]");
    const StepsSpec::Change& change = steps.change(i);
    if (!change.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".value: is missing"));
    }
    for (const absl::Status& status :
         {CheckFinite(field + ".value", change.value()),
          Under(field + ".at", Validate(change.at()))}) {
      if (!status.ok()) return status;
    }
    // Times in different units cannot be compared before the run is known.
    if (i == 0) continue;
    const Duration& before = steps.change(i - 1).at();
    if (before.length_case() == change.at().length_case() &&
        ToSteps(before, RunLength()) >= ToSteps(change.at(), RunLength())) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".at: must be after change[", i - 1, "]"));
    }
  }
  return absl::OkStatus();
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
    case Schedule::kLinearRamp:
      return Between(schedule.linear_ramp(),
                     Progress(schedule.linear_ramp(), step, run));
    case Schedule::kCosineRamp: {
      const double done = Progress(schedule.cosine_ramp(), step, run);
      return Between(schedule.cosine_ramp(), 0.5 * (1 - std::cos(M_PI * done)));
    }
    case Schedule::kSteps: {
      double value = schedule.steps().initial();
      for (const StepsSpec::Change& change : schedule.steps().change()) {
        if (static_cast<double>(step) >= ToSteps(change.at(), run)) {
          value = change.value();
        }
      }
      return value;
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
  if (schedule.has_linear_ramp()) {
    return ValidateRamp("linear_ramp", schedule.linear_ramp());
  }
  if (schedule.has_cosine_ramp()) {
    return ValidateRamp("cosine_ramp", schedule.cosine_ramp());
  }
  if (schedule.has_steps()) return ValidateSteps(schedule.steps());
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
