#include "ssl/schedule/schedule_range.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "ssl/schedule/schedule.h"

namespace caldera::ssl {

std::vector<std::pair<std::string, double>> ExtremeValues(
    const Schedule& schedule) {
  std::vector<std::pair<std::string, double>> values;
  if (schedule.has_constant()) {
    values = {{"constant", schedule.constant()}};
  } else if (schedule.has_window()) {
    values = {{"window.value", schedule.window().value()}, {"window", 0}};
  } else if (schedule.has_linear_ramp()) {
    values = {{"linear_ramp.from", schedule.linear_ramp().from()},
              {"linear_ramp.to", schedule.linear_ramp().to()}};
  } else if (schedule.has_cosine_ramp()) {
    values = {{"cosine_ramp.from", schedule.cosine_ramp().from()},
              {"cosine_ramp.to", schedule.cosine_ramp().to()}};
  } else if (schedule.has_steps()) {
    values = {{"steps.initial", schedule.steps().initial()}};
    for (int i = 0; i < schedule.steps().change_size(); ++i) {
      values.emplace_back(absl::StrCat("steps.change[", i, "].value"),
                          schedule.steps().change(i).value());
    }
  } else if (schedule.has_step_decay()) {
    const StepDecaySpec& decay = schedule.step_decay();
    values = {{"step_decay.value", decay.value()},
              {"step_decay.factor",
               decay.value() * std::pow(decay.factor(), decay.at_size())}};
    if (decay.has_start()) values.emplace_back("step_decay.start", 0);
  } else if (schedule.has_intervals()) {
    for (int i = 0; i < schedule.intervals().interval_size(); ++i) {
      values.emplace_back(absl::StrCat("intervals.interval[", i, "].value"),
                          schedule.intervals().interval(i).value());
    }
    values.emplace_back("intervals", 0);
  } else if (schedule.has_triangle()) {
    values = {{"triangle.from", schedule.triangle().from()},
              {"triangle.peak", schedule.triangle().peak()},
              {"triangle.to", schedule.triangle().to()}};
  }
  return values;
}

absl::Status CheckRange(const Schedule& schedule, double lo, double hi) {
  base::FieldCheck check;
  check.And(Validate(schedule));
  for (const auto& [field, value] : ExtremeValues(schedule)) {
    check.InRange(field, value, lo, hi);
  }
  return check.status();
}

}  // namespace caldera::ssl
