#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "ssl/schedule/schedule.h"

namespace caldera::ssl {
namespace {

// Checks the numbers and times of a schedule in one chain; keeps the first
// error.
class ScheduleCheck {
 public:
  ScheduleCheck& Finite(absl::string_view field, double value) {
    check_.Require(std::isfinite(value), field, value, "is not finite");
    return *this;
  }

  ScheduleCheck& Time(absl::string_view field, const Duration& time) {
    check_.And(base::Within(field, Validate(time)));
    return *this;
  }

  // Checks that `time` is after `before`. Times in different units cannot be
  // compared before the run is known.
  ScheduleCheck& After(absl::string_view field, const Duration& time,
                       absl::string_view before_name, const Duration& before) {
    if (before.length_case() == time.length_case() &&
        time.length_case() != Duration::LENGTH_NOT_SET &&
        !(ToSteps(before, RunLength()) < ToSteps(time, RunLength()))) {
      check_.And(absl::InvalidArgumentError(
          absl::StrCat(field, ": must be after ", before_name)));
    }
    return *this;
  }

  absl::Status status() const { return check_.status(); }

 private:
  base::FieldCheck check_;
};

absl::Status ValidateWindow(const WindowSpec& window) {
  return ScheduleCheck()
      .Finite("window.value", window.value())
      .Time("window.start", window.start())
      .Time("window.duration", window.duration())
      .status();
}

absl::Status ValidateRamp(const std::string& field, const RampSpec& ramp) {
  return ScheduleCheck()
      .Finite(field + ".from", ramp.from())
      .Finite(field + ".to", ramp.to())
      .Time(field + ".start", ramp.start())
      .Time(field + ".duration", ramp.duration())
      .status();
}

absl::Status ValidateSteps(const StepsSpec& steps) {
  ScheduleCheck check;
  check.Finite("steps.initial", steps.initial());
  for (int i = 0; i < steps.change_size() && check.status().ok(); ++i) {
    const std::string field = absl::StrCat("steps.change[", i, "]");
    const StepsSpec::Change& change = steps.change(i);
    if (!change.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".value: is missing"));
    }
    check.Finite(field + ".value", change.value())
        .Time(field + ".at", change.at());
    if (i > 0) {
      check.After(field + ".at", change.at(),
                  absl::StrCat("change[", i - 1, "]"),
                  steps.change(i - 1).at());
    }
  }
  return check.status();
}

absl::Status ValidateStepDecay(const StepDecaySpec& decay) {
  ScheduleCheck check;
  check.Finite("step_decay.value", decay.value())
      .Finite("step_decay.factor", decay.factor())
      .Time("step_decay.start", decay.start());
  for (int i = 0; i < decay.at_size(); ++i) {
    check.Time(absl::StrCat("step_decay.at[", i, "]"), decay.at(i));
  }
  return check.status();
}

absl::Status ValidateIntervals(const IntervalsSpec& intervals) {
  if (intervals.interval().empty()) {
    return absl::InvalidArgumentError(
        "intervals.interval: none is given, and the value is 0 outside of "
        "them; write interval { start {...} end {...} }");
  }
  ScheduleCheck check;
  for (int i = 0; i < intervals.interval_size(); ++i) {
    const std::string field = absl::StrCat("intervals.interval[", i, "]");
    const IntervalsSpec::Interval& interval = intervals.interval(i);
    check.Finite(field + ".value", interval.value())
        .Time(field + ".start", interval.start())
        .Time(field + ".end", interval.end())
        .After(field + ".end", interval.end(), "start", interval.start());
  }
  return check.status();
}

absl::Status ValidateTriangle(const TriangleSpec& triangle) {
  if (!triangle.has_middle()) {
    return absl::InvalidArgumentError(
        "triangle.middle: is missing; write middle { epochs: ... }");
  }
  return ScheduleCheck()
      .Finite("triangle.from", triangle.from())
      .Finite("triangle.peak", triangle.peak())
      .Finite("triangle.to", triangle.to())
      .Time("triangle.start", triangle.start())
      .Time("triangle.middle", triangle.middle())
      .Time("triangle.end", triangle.end())
      .After("triangle.middle", triangle.middle(), "start", triangle.start())
      .After("triangle.end", triangle.end(), "middle", triangle.middle())
      .status();
}

}  // namespace

absl::Status Validate(const Schedule& schedule) {
  switch (schedule.shape_case()) {
    case Schedule::kConstant:
      return ScheduleCheck().Finite("constant", schedule.constant()).status();
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
