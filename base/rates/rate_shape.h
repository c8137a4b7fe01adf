// The shape of a learning rate after its warm-up, as a pure function of how far
// the run has come. Specs name it: lr_schedule: SOLO_COSINE.
//
//   RateOptions rate;
//   rate.peak = 1e-3;
//   rate.total_steps = 10000;
//   auto shape = RateShapePart::CreateNamed("lr_schedule", "COSINE");
//   (*shape)->At(rate, /*now=*/5000, /*done=*/0.5, /*whole=*/1);  // 5e-4
//
// A shape is a file in base/rates that registers itself.
#ifndef CALDERA_BASE_RATES_RATE_SHAPE_H_
#define CALDERA_BASE_RATES_RATE_SHAPE_H_

#include <string>
#include <vector>

#include "base/part.h"
#include "base/rates/rate_shape.pb.h"

namespace caldera::base {

// A learning rate over a run. Steps may be those of the optimizer or any other
// unit of time.
struct RateOptions {
  std::string shape = "cosine";
  double peak = 1e-3;
  double min = 0;           // the end of the cosines
  double warmup_start = 0;  // the rate of step 0
  double warmup_steps = 0;
  double total_steps = 1;
  std::vector<double> step_at;  // from the beginning of the run
  double step_factor = 0.1;
};

class RateShape {
 public:
  virtual ~RateShape() = default;

  // Returns the rate at the time `now` after the warm-up, which is `done` of
  // the `whole` from the end of the warm-up to the end of the run; at most all
  // of it.
  virtual double At(const RateOptions& rate, double now, double done,
                    double whole) const = 0;

  // Returns the time by which the warm-up reaches the peak.
  virtual double WarmUp(const RateOptions& rate) const {
    return rate.warmup_steps;
  }

  // Returns true if it reads RateOptions::step_at.
  virtual bool takes_steps() const { return false; }
};

using RateShapePart = PartKind<RateShapeSpec, RateShape>;

}  // namespace caldera::base

#endif  // CALDERA_BASE_RATES_RATE_SHAPE_H_
