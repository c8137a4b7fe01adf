// The published recipes of linear probing, filled in.
//
//   HeadsSpec heads = FillRecipe(spec.linear());  // every field is set
//   double factor = RateFactor(heads, /*epoch=*/12.5);
//   std::vector<HeadSetting> settings = HeadSettings(heads);
#ifndef CALDERA_EVAL_SPEC_HEAD_RECIPE_H_
#define CALDERA_EVAL_SPEC_HEAD_RECIPE_H_

#include <vector>

#include "eval/spec/eval.pb.h"

namespace caldera::eval {

// spec.heads() with the fields that it does not give from spec.recipe(), which
// is not LBFGS: a CHECK.
HeadsSpec FillRecipe(const LinearProbeSpec& spec);

// What the learning rate is multiplied by at `epoch`, a whole number plus the
// share of it that is done. Warm-up is linear from 0. COSINE: half a cosine
// from its end to the run's (mae/util/lr_sched.py). STEPS: torch's MultiStepLR,
// by whole epochs.
double RateFactor(const HeadsSpec& heads, double epoch);

struct HeadSetting {
  double base_lr, weight_decay;
};

// Each learning rate with each decay, rates varying slowest.
std::vector<HeadSetting> HeadSettings(const HeadsSpec& heads);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_SPEC_HEAD_RECIPE_H_
