#include "eval/spec/head_recipe.h"

#include <glog/logging.h>

#include "base/rates/rate_shape.h"
#include "eval/spec/probe_recipe.h"

namespace caldera::eval {
namespace {

ProbeRecipe RecipeOf(const LinearProbeSpec& spec) {
  return *ProbeRecipePart::CreateNamed("recipe", spec.recipe()).value();
}

}  // namespace

bool TrainsHeads(const LinearProbeSpec& spec) {
  return RecipeOf(spec).heads.has_value();
}

HeadsSpec FillRecipe(const LinearProbeSpec& spec) {
  const ProbeRecipe recipe = RecipeOf(spec);
  CHECK(recipe.heads.has_value()) << spec.recipe();
  HeadsSpec heads = *recipe.heads;
  heads.add_weight_decay(0);
  heads.set_momentum(0.9);
  heads.set_images(HeadsSpec::AUGMENTED);
  heads.set_seed(0);
  // Lists and the augmentation replace those of the recipe.
  if (spec.heads().base_lr_size() > 0) heads.clear_base_lr();
  if (spec.heads().weight_decay_size() > 0) heads.clear_weight_decay();
  if (spec.heads().has_augment()) heads.clear_augment();
  heads.MergeFrom(spec.heads());
  return heads;
}

double RateFactor(const HeadsSpec& heads, double epoch) {
  const double warmup = heads.warmup_epochs();
  if (epoch < warmup) return epoch / warmup;
  base::RateOptions rate;
  rate.peak = 1;
  rate.warmup_start = warmup > 0 ? 0 : 1;  // where a shape begins without one
  rate.warmup_steps = warmup;
  rate.total_steps = heads.epochs();
  return base::RateShapePart::CreateNamed("decay", heads.decay())
      .value()
      ->At(rate, epoch, epoch - warmup, heads.epochs() - warmup);
}

std::vector<HeadSetting> HeadSettings(const HeadsSpec& heads) {
  std::vector<HeadSetting> settings;
  for (const double base_lr : heads.base_lr()) {
    for (const double decay : heads.weight_decay()) {
      settings.push_back({base_lr, decay});
    }
  }
  return settings;
}

}  // namespace caldera::eval
