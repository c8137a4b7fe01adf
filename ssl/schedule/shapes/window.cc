// A value during a part of the run, 0 before and after:
//
//   weight { window { start { epochs: 10 } duration { epochs: 100 } } }
#include <memory>

#include "ssl/schedule/schedule_shape.h"

namespace caldera::ssl {
namespace {

class Window : public ScheduleShape {
 public:
  explicit Window(const WindowSpec& spec) : spec_(spec) {}

  double Value(double now, const RunLength& run) const override {
    const double start = ToSteps(spec_.start(), run);
    if (now < start) return 0;
    if (spec_.has_duration() && now >= start + ToSteps(spec_.duration(), run)) {
      return 0;
    }
    return spec_.value();
  }

  Extremes ExtremeValues() const override {
    return {{"value", spec_.value()}, {"", 0}};
  }

 private:
  const WindowSpec spec_;
};

const bool kWindow = SchedulePart::Register<WindowSpec>(
    {"window", "A value during a part of the run, 0 before and after."},
    [](const WindowSpec& spec) { return std::make_unique<Window>(spec); });

}  // namespace
}  // namespace caldera::ssl
