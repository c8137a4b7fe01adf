#include "ssl/schedule/schedule_range.h"

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/part.h"
#include "ssl/schedule/schedule.h"
#include "ssl/schedule/schedule_shape.h"

namespace caldera::ssl {

std::vector<std::pair<std::string, double>> ExtremeValues(
    const Schedule& schedule) {
  const auto shape = SchedulePart::Create(schedule);
  if (!shape.ok()) return {};
  auto values = (*shape)->ExtremeValues();
  const std::string part = base::FindPart(schedule)->field;
  for (auto& [field, unused] : values) {
    field = field.empty() ? part : absl::StrCat(part, ".", field);
  }
  return values;
}

bool NamesShape(const Schedule& schedule) {
  const absl::StatusOr<base::PartChoice> choice = base::FindPart(schedule);
  return !choice.ok() || !choice->field.empty();
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
