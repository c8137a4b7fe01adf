// Values during intervals, 0 outside of all:
//
//   weight { intervals { interval { value: 0.5 end { epochs: 2 } } } }
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/schedule/schedule_shape.h"
#include "ssl/schedule/shapes/moments.h"

namespace caldera::ssl {
namespace {

class Intervals : public ScheduleShape {
 public:
  explicit Intervals(const IntervalsSpec& spec) : spec_(spec) {}

  double Value(double now, const RunLength& run) const override {
    double value = 0;
    for (const IntervalsSpec::Interval& interval : spec_.interval()) {
      if (now >= ToSteps(interval.start(), run) &&
          (!interval.has_end() || now < ToSteps(interval.end(), run))) {
        value = interval.value();
      }
    }
    return value;
  }

  Extremes ExtremeValues() const override {
    Extremes values;
    for (int i = 0; i < spec_.interval_size(); ++i) {
      values.emplace_back(absl::StrCat("interval[", i, "].value"),
                          spec_.interval(i).value());
    }
    values.emplace_back("", 0);
    return values;
  }

 private:
  const IntervalsSpec spec_;
};

absl::Status Check(const IntervalsSpec& spec) {
  if (spec.interval().empty()) {
    return absl::InvalidArgumentError(
        "interval: none is given, and the value is 0 outside of them; write "
        "interval { start {...} end {...} }");
  }
  for (int i = 0; i < spec.interval_size(); ++i) {
    RETURN_IF_ERROR(CheckAfter(absl::StrCat("interval[", i, "].end"),
                               spec.interval(i).end(), "start",
                               spec.interval(i).start()));
  }
  return absl::OkStatus();
}

const bool kIntervals = SchedulePart::Register<IntervalsSpec>(
    {"intervals", "Values during intervals, 0 outside of all."},
    [](const IntervalsSpec& spec) { return std::make_unique<Intervals>(spec); },
    Check);

}  // namespace
}  // namespace caldera::ssl
