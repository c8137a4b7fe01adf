// Half a cosine from the peak, at the end of the warm-up, to the minimum at the
// end of the run.
#include <cmath>
#include <memory>

#include "base/rates/rate_shape.h"

namespace caldera::base {
namespace {

double HalfACosine(double from, double to, double done, double whole) {
  return to + (from - to) * 0.5 * (1.0 + std::cos(M_PI * done / whole));
}

// Source: facebookresearch/mae, util/lr_sched.py.
class Cosine : public RateShape {
  double At(const RateOptions& rate, double /*now*/, double done,
            double whole) const override {
    return HalfACosine(rate.peak, rate.min, done, whole);
  }
};

// The same, but the warm-up divides by one step less and reaches the peak at
// step warmup - 1. Without a warm-up the cosine begins at `warmup_start`.
// Source: vturrisi/solo-learn, solo/utils/lr_scheduler.py, in the recursive
// form that its trainer runs.
class SoloCosine : public RateShape {
  double At(const RateOptions& rate, double /*now*/, double done,
            double whole) const override {
    return HalfACosine(rate.warmup_steps > 0 ? rate.peak : rate.warmup_start,
                       rate.min, done, whole);
  }
  double WarmUp(const RateOptions& rate) const override {
    return rate.warmup_steps - 1;
  }
};

const bool kCosine = RateShapePart::Register<NoOptions>(
    {"cosine", "Half a cosine from the peak to the minimum (MAE)."},
    [](const NoOptions&) { return std::make_unique<Cosine>(); });

const bool kSoloCosine = RateShapePart::Register<NoOptions>(
    {"solo_cosine",
     "The same; the warm-up reaches the peak a step earlier (solo-learn, with "
     "which the MAGMA authors trained)."},
    [](const NoOptions&) { return std::make_unique<SoloCosine>(); });

}  // namespace
}  // namespace caldera::base
