// A value that moves to another one and stays there:
//
//   momentum { cosine_ramp { from: 0.996 to: 1 } }
#include <cmath>
#include <memory>

#include "ssl/schedule/schedule_shape.h"
#include "ssl/schedule/shapes/moments.h"

namespace caldera::ssl {
namespace {

class Ramp : public ScheduleShape {
 public:
  Ramp(const RampSpec& spec, bool cosine) : spec_(spec), cosine_(cosine) {}

  double Value(double now, const RunLength& run) const override {
    const double start = ToSteps(spec_.start(), run);
    const double end = spec_.has_duration()
                           ? start + ToSteps(spec_.duration(), run)
                           : static_cast<double>(run.total_steps);
    const double done = Progress(now, start, end);
    return Between(spec_.from(), spec_.to(),
                   cosine_ ? 0.5 * (1 - std::cos(M_PI * done)) : done);
  }

  Extremes ExtremeValues() const override {
    return {{"from", spec_.from()}, {"to", spec_.to()}};
  }

 private:
  const RampSpec spec_;
  const bool cosine_;
};

const bool kLinearRamp = SchedulePart::Register<RampSpec>(
    {"linear_ramp", "Moves to another value on a straight line."},
    [](const RampSpec& spec) {
      return std::make_unique<Ramp>(spec, /*cosine=*/false);
    });

const bool kCosineRamp = SchedulePart::Register<RampSpec>(
    {"cosine_ramp", "Moves to another value along half a cosine."},
    [](const RampSpec& spec) {
      return std::make_unique<Ramp>(spec, /*cosine=*/true);
    });

}  // namespace
}  // namespace caldera::ssl
