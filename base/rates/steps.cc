// Rates that stay constant between moments.
#include <cmath>
#include <memory>

#include "base/rates/rate_shape.h"

namespace caldera::base {
namespace {

class Constant : public RateShape {
  double At(const RateOptions& rate, double /*now*/, double /*done*/,
            double /*whole*/) const override {
    return rate.peak;
  }
};

class Step : public RateShape {
  double At(const RateOptions& rate, double now, double /*done*/,
            double /*whole*/) const override {
    double value = rate.peak;
    for (const double at : rate.step_at) {
      if (now >= at) value *= rate.step_factor;
    }
    return value;
  }
  bool takes_steps() const override { return true; }
};

// torch's MultiStepLR, by finished epochs, as solo-learn's probe has it.
class Steps : public RateShape {
  double At(const RateOptions& rate, double now, double /*done*/,
            double /*whole*/) const override {
    const double finished = std::floor(now);
    double value = rate.peak;
    if (finished >= 0.6 * rate.total_steps) value *= 0.1;
    if (finished >= 0.8 * rate.total_steps) value *= 0.1;
    return value;
  }
};

const bool kConstant = RateShapePart::Register<NoOptions>(
    {"constant", "The peak."},
    [](const NoOptions&) { return std::make_unique<Constant>(); });

const bool kStep = RateShapePart::Register<NoOptions>(
    {"step", "Multiplied by lr_step_factor at each lr_step."},
    [](const NoOptions&) { return std::make_unique<Step>(); });

const bool kSteps = RateShapePart::Register<NoOptions>(
    {"steps", "Multiplied by 0.1 after 60 % and after 80 % of the run."},
    [](const NoOptions&) { return std::make_unique<Steps>(); });

}  // namespace
}  // namespace caldera::base
