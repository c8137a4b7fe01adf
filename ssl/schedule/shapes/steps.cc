// Values that change at moments:
//
//   weight { steps { initial: 1 change { at { epochs: 50 } value: 0.1 } } }
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/schedule/schedule_shape.h"
#include "ssl/schedule/shapes/moments.h"

namespace caldera::ssl {
namespace {

class Steps : public ScheduleShape {
 public:
  explicit Steps(const StepsSpec& spec) : spec_(spec) {}

  double Value(double now, const RunLength& run) const override {
    double value = spec_.initial();
    for (const StepsSpec::Change& change : spec_.change()) {
      if (now >= ToSteps(change.at(), run)) value = change.value();
    }
    return value;
  }

  Extremes ExtremeValues() const override {
    Extremes values = {{"initial", spec_.initial()}};
    for (int i = 0; i < spec_.change_size(); ++i) {
      values.emplace_back(absl::StrCat("change[", i, "].value"),
                          spec_.change(i).value());
    }
    return values;
  }

 private:
  const StepsSpec spec_;
};

absl::Status Check(const StepsSpec& spec) {
  for (int i = 0; i < spec.change_size(); ++i) {
    const std::string field = absl::StrCat("change[", i, "]");
    if (!spec.change(i).has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".value: is missing"));
    }
    if (i == 0) continue;
    RETURN_IF_ERROR(CheckAfter(field + ".at", spec.change(i).at(),
                               absl::StrCat("change[", i - 1, "]"),
                               spec.change(i - 1).at()));
  }
  return absl::OkStatus();
}

const bool kSteps = SchedulePart::Register<StepsSpec>(
    {"steps", "Values that change at moments."},
    [](const StepsSpec& spec) { return std::make_unique<Steps>(spec); }, Check);

}  // namespace
}  // namespace caldera::ssl
