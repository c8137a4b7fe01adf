// Fills in the published recipes of linear probing.
//
//   HeadsSpec heads = FillRecipe(spec.linear());  // every field is set
//   double factor = RateFactor(heads, /*epoch=*/12.5);
//   std::vector<HeadSetting> settings = HeadSettings(heads);
#ifndef CALDERA_EVAL_SPEC_HEAD_RECIPE_H_
#define CALDERA_EVAL_SPEC_HEAD_RECIPE_H_

#include <vector>

#include "eval/spec/eval.pb.h"

namespace caldera::eval {

// Returns spec.heads(), with the fields that it does not set taken from
// spec.recipe(). CHECK: the recipe is not LBFGS.
HeadsSpec FillRecipe(const LinearProbeSpec& spec);

// Returns the factor of the learning rate at `epoch`, which counts finished
// epochs plus the finished share of the current one. Warm-up is linear from 0.
// COSINE is half a cosine from the end of the warm-up to the end of the run
// (mae/util/lr_sched.py). STEPS is torch's MultiStepLR, by finished epochs.
double RateFactor(const HeadsSpec& heads, double epoch);

struct HeadSetting {
  double base_lr, weight_decay;
};

// Returns each learning rate with each decay, rates varying slowest.
std::vector<HeadSetting> HeadSettings(const HeadsSpec& heads);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_SPEC_HEAD_RECIPE_H_
