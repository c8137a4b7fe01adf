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

// Returns true if the recipe trains heads by gradient steps. CHECK: it is
// registered.
bool TrainsHeads(const LinearProbeSpec& spec);

// Returns spec.heads(), with the fields that it does not set taken from
// spec.recipe(). CHECK: the recipe trains heads.
HeadsSpec FillRecipe(const LinearProbeSpec& spec);

// Returns the factor of the learning rate at `epoch`, which counts finished
// epochs plus the finished share of the current one. Warm-up is linear from 0;
// heads.decay() names the shape behind it. CHECK: it is registered.
double RateFactor(const HeadsSpec& heads, double epoch);

struct HeadSetting {
  double base_lr, weight_decay;
};

// Returns each learning rate with each decay, rates varying slowest.
std::vector<HeadSetting> HeadSettings(const HeadsSpec& heads);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_SPEC_HEAD_RECIPE_H_
