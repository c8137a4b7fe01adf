// A value that is multiplied by a factor at moments:
//
//   weight { step_decay { value: 1 factor: 0.1 at { epochs: 50 } } }
#include <cmath>
#include <memory>

#include "ssl/schedule/schedule_shape.h"

namespace caldera::ssl {
namespace {

class StepDecay : public ScheduleShape {
 public:
  explicit StepDecay(const StepDecaySpec& spec) : spec_(spec) {}

  double Value(double now, const RunLength& run) const override {
    if (now < ToSteps(spec_.start(), run)) return 0;
    double value = spec_.value();
    for (const Duration& at : spec_.at()) {
      if (now >= ToSteps(at, run)) value *= spec_.factor();
    }
    return value;
  }

  Extremes ExtremeValues() const override {
    Extremes values = {
        {"value", spec_.value()},
        {"factor", spec_.value() * std::pow(spec_.factor(), spec_.at_size())}};
    if (spec_.has_start()) values.emplace_back("start", 0);
    return values;
  }

 private:
  const StepDecaySpec spec_;
};

const bool kStepDecay = SchedulePart::Register<StepDecaySpec>(
    {"step_decay", "A value that is multiplied by a factor at moments."},
    [](const StepDecaySpec& spec) {
      return std::make_unique<StepDecay>(spec);
    });

}  // namespace
}  // namespace caldera::ssl
