#include "ssl/schedule/schedule_range.h"

#include "absl/strings/str_cat.h"
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
  }
  return values;
}

absl::Status CheckRange(const Schedule& schedule, double lo, double hi) {
  const absl::Status valid = Validate(schedule);
  if (!valid.ok()) return valid;
  for (const auto& [field, value] : ExtremeValues(schedule)) {
    if (value >= lo && value <= hi) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", value, " is not in [", lo, ", ", hi, "]"));
  }
  return absl::OkStatus();
}

}  // namespace caldera::ssl
