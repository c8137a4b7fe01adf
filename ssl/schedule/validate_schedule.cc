#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "ssl/schedule/schedule.h"

namespace caldera::ssl {
namespace {

absl::Status Finite(absl::string_view field, double value) {
  if (std::isfinite(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is not finite"));
}

absl::Status Time(absl::string_view field, const Duration& time) {
  const absl::Status status = Validate(time);
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(field, ".", status.message()));
}

// Times in different units cannot be compared before the run is known.
absl::Status After(absl::string_view field, const Duration& time,
                   absl::string_view before_name, const Duration& before) {
  if (before.length_case() != time.length_case() ||
      time.length_case() == Duration::LENGTH_NOT_SET ||
      ToSteps(before, RunLength()) < ToSteps(time, RunLength())) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": must be after ", before_name));
}

template <typename... Statuses>
absl::Status FirstError(const Statuses&... statuses) {
  absl::Status first;
  (first.Update(statuses), ...);
  return first;
}

absl::Status ValidateWindow(const WindowSpec& window) {
  return FirstError(Finite("window.value", window.value()),
                    Time("window.start", window.start()),
                    Time("window.duration", window.duration()));
}

absl::Status ValidateRamp(const std::string& field, const RampSpec& ramp) {
  return FirstError(Finite(field + ".from", ramp.from()),
                    Finite(field + ".to", ramp.to()),
                    Time(field + ".start", ramp.start()),
                    Time(field + ".duration", ramp.duration()));
}

absl::Status ValidateSteps(const StepsSpec& steps) {
  absl::Status status = Finite("steps.initial", steps.initial());
  for (int i = 0; i < steps.change_size() && status.ok(); ++i) {
    const std::string field = absl::StrCat("steps.change[", i, "]");
    const StepsSpec::Change& change = steps.change(i);
    if (!change.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".value: is missing"));
    }
    status = FirstError(Finite(field + ".value", change.value()),
                        Time(field + ".at", change.at()));
    if (status.ok() && i > 0) {
      status =
          After(field + ".at", change.at(), absl::StrCat("change[", i - 1, "]"),
                steps.change(i - 1).at());
    }
  }
  return status;
}

absl::Status ValidateStepDecay(const StepDecaySpec& decay) {
  absl::Status status = FirstError(Finite("step_decay.value", decay.value()),
                                   Finite("step_decay.factor", decay.factor()),
                                   Time("step_decay.start", decay.start()));
  for (int i = 0; i < decay.at_size() && status.ok(); ++i) {
    status = Time(absl::StrCat("step_decay.at[", i, "]"), decay.at(i));
  }
  return status;
}

absl::Status ValidateIntervals(const IntervalsSpec& intervals) {
  if (intervals.interval().empty()) {
    return absl::InvalidArgumentError(
        "intervals.interval: none is given, and the value is 0 outside of "
        "them; write interval { start {...} end {...} }");
  }
  absl::Status status;
  for (int i = 0; i < intervals.interval_size() && status.ok(); ++i) {
    const std::string field = absl::StrCat("intervals.interval[", i, "]");
    const IntervalsSpec::Interval& interval = intervals.interval(i);
    status = FirstError(
        Finite(field + ".value", interval.value()),
        Time(field + ".start", interval.start()),
        Time(field + ".end", interval.end()),
        After(field + ".end", interval.end(), "start", interval.start()));
  }
  return status;
}

absl::Status ValidateTriangle(const TriangleSpec& triangle) {
  if (!triangle.has_middle()) {
    return absl::InvalidArgumentError(
        "triangle.middle: is missing; write middle { epochs: ... }");
  }
  return FirstError(
      Finite("triangle.from", triangle.from()),
      Finite("triangle.peak", triangle.peak()),
      Finite("triangle.to", triangle.to()),
      Time("triangle.start", triangle.start()),
      Time("triangle.middle", triangle.middle()),
      Time("triangle.end", triangle.end()),
      After("triangle.middle", triangle.middle(), "start", triangle.start()),
      After("triangle.end", triangle.end(), "middle", triangle.middle()));
}

}  // namespace

absl::Status Validate(const Schedule& schedule) {
  switch (schedule.shape_case()) {
    case Schedule::kConstant:
      return Finite("constant", schedule.constant());
    case Schedule::kWindow:
      return ValidateWindow(schedule.window());
    case Schedule::kLinearRamp:
      return ValidateRamp("linear_ramp", schedule.linear_ramp());
    case Schedule::kCosineRamp:
      return ValidateRamp("cosine_ramp", schedule.cosine_ramp());
    case Schedule::kSteps:
      return ValidateSteps(schedule.steps());
    case Schedule::kStepDecay:
      return ValidateStepDecay(schedule.step_decay());
    case Schedule::kIntervals:
      return ValidateIntervals(schedule.intervals());
    case Schedule::kTriangle:
      return ValidateTriangle(schedule.triangle());
    case Schedule::SHAPE_NOT_SET:
      break;
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
