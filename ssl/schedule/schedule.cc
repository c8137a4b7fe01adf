#include "ssl/schedule/schedule.h"

#include <algorithm>
#include <cmath>

namespace caldera::ssl {
namespace {

// Returns the moment, or the end of the run if none is given.
double OrEnd(bool given, const Duration& moment, const RunLength& run) {
  return given ? ToSteps(moment, run) : static_cast<double>(run.total_steps);
}

// Returns how far `now` is on the way from `start` to `end`: 0 before, 1 after.
double Progress(double now, double start, double end) {
  if (now < start) return 0;
  return now < end ? (now - start) / (end - start) : 1;
}

double Between(double from, double to, double share) {
  return from + (to - from) * share;
}

double RampProgress(const RampSpec& ramp, double now, const RunLength& run) {
  const double start = ToSteps(ramp.start(), run);
  const double end = ramp.has_duration() ? start + ToSteps(ramp.duration(), run)
                                         : static_cast<double>(run.total_steps);
  return Progress(now, start, end);
}

double WindowValue(const WindowSpec& window, double now, const RunLength& run) {
  const double start = ToSteps(window.start(), run);
  if (now < start) return 0;
  if (window.has_duration() && now >= start + ToSteps(window.duration(), run)) {
    return 0;
  }
  return window.value();
}

double StepsValue(const StepsSpec& steps, double now, const RunLength& run) {
  double value = steps.initial();
  for (const StepsSpec::Change& change : steps.change()) {
    if (now >= ToSteps(change.at(), run)) value = change.value();
  }
  return value;
}

double StepDecayValue(const StepDecaySpec& decay, double now,
                      const RunLength& run) {
  if (now < ToSteps(decay.start(), run)) return 0;
  double value = decay.value();
  for (const Duration& at : decay.at()) {
    if (now >= ToSteps(at, run)) value *= decay.factor();
  }
  return value;
}

double IntervalsValue(const IntervalsSpec& intervals, double now,
                      const RunLength& run) {
  double value = 0;
  for (const IntervalsSpec::Interval& interval : intervals.interval()) {
    if (now >= ToSteps(interval.start(), run) &&
        (!interval.has_end() || now < ToSteps(interval.end(), run))) {
      value = interval.value();
    }
  }
  return value;
}

double TriangleValue(const TriangleSpec& triangle, double now,
                     const RunLength& run) {
  const double start = ToSteps(triangle.start(), run);
  const double middle = ToSteps(triangle.middle(), run);
  const double end = OrEnd(triangle.has_end(), triangle.end(), run);
  return now < middle ? Between(triangle.from(), triangle.peak(),
                                Progress(now, start, middle))
                      : Between(triangle.peak(), triangle.to(),
                                Progress(now, middle, end));
}

}  // namespace

double ScheduleValue(const Schedule& schedule, int64_t step,
                     const RunLength& run) {
  const double now = static_cast<double>(step);
  switch (schedule.shape_case()) {
    case Schedule::kConstant:
      return schedule.constant();
    case Schedule::kWindow:
      return WindowValue(schedule.window(), now, run);
    case Schedule::kLinearRamp: {
      const RampSpec& ramp = schedule.linear_ramp();
      return Between(ramp.from(), ramp.to(), RampProgress(ramp, now, run));
    }
    case Schedule::kCosineRamp: {
      const RampSpec& ramp = schedule.cosine_ramp();
      const double done = RampProgress(ramp, now, run);
      return Between(ramp.from(), ramp.to(), 0.5 * (1 - std::cos(M_PI * done)));
    }
    case Schedule::kSteps:
      return StepsValue(schedule.steps(), now, run);
    case Schedule::kStepDecay:
      return StepDecayValue(schedule.step_decay(), now, run);
    case Schedule::kIntervals:
      return IntervalsValue(schedule.intervals(), now, run);
    case Schedule::kTriangle:
      return TriangleValue(schedule.triangle(), now, run);
    case Schedule::SHAPE_NOT_SET:
      break;
  }
  return 1;
}

}  // namespace caldera::ssl
