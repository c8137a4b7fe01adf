// A value that moves on straight lines to a peak and on to its end:
//
//   weight { triangle { peak: 1 middle { epochs: 20 } } }
#include <memory>

#include "base/status.h"
#include "ssl/schedule/schedule_shape.h"
#include "ssl/schedule/shapes/moments.h"

namespace caldera::ssl {
namespace {

class Triangle : public ScheduleShape {
 public:
  explicit Triangle(const TriangleSpec& spec) : spec_(spec) {}

  double Value(double now, const RunLength& run) const override {
    const double start = ToSteps(spec_.start(), run);
    const double middle = ToSteps(spec_.middle(), run);
    const double end = spec_.has_end() ? ToSteps(spec_.end(), run)
                                       : static_cast<double>(run.total_steps);
    return now < middle
               ? Between(spec_.from(), spec_.peak(),
                         Progress(now, start, middle))
               : Between(spec_.peak(), spec_.to(), Progress(now, middle, end));
  }

  Extremes ExtremeValues() const override {
    return {{"from", spec_.from()}, {"peak", spec_.peak()}, {"to", spec_.to()}};
  }

 private:
  const TriangleSpec spec_;
};

absl::Status Check(const TriangleSpec& spec) {
  if (!spec.has_middle()) {
    return absl::InvalidArgumentError(
        "middle: is missing; write middle { epochs: ... }");
  }
  RETURN_IF_ERROR(CheckAfter("middle", spec.middle(), "start", spec.start()));
  return CheckAfter("end", spec.end(), "middle", spec.middle());
}

const bool kTriangle = SchedulePart::Register<TriangleSpec>(
    {"triangle", "Moves on straight lines to a peak and on to its end."},
    [](const TriangleSpec& spec) { return std::make_unique<Triangle>(spec); },
    Check);

}  // namespace
}  // namespace caldera::ssl
