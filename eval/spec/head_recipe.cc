#include "eval/spec/head_recipe.h"

#include <glog/logging.h>

#include <cmath>

namespace caldera::eval {
namespace {

HeadsSpec MaeRecipe() {
  HeadsSpec heads;
  heads.set_optimizer(HeadsSpec::LARS);
  heads.add_base_lr(0.1);
  heads.set_epochs(90);
  heads.set_warmup_epochs(10);
  heads.set_decay(HeadsSpec::COSINE);
  heads.set_batch_size(16384);
  heads.set_batch_norm(true);
  heads.mutable_augment()->mutable_random_resized_crop()->set_interpolation(
      data::RandomResizedCropSpec::BICUBIC);
  return heads;
}

HeadsSpec MagmaRecipe() {
  HeadsSpec heads;
  heads.set_optimizer(HeadsSpec::SGD);
  heads.add_base_lr(0.3);
  heads.set_epochs(100);
  heads.set_warmup_epochs(0);
  heads.set_decay(HeadsSpec::STEPS);
  heads.set_batch_size(256);
  heads.set_batch_norm(false);
  heads.mutable_augment()->mutable_random_resized_crop()->set_interpolation(
      data::RandomResizedCropSpec::BILINEAR);
  return heads;
}

}  // namespace

HeadsSpec FillRecipe(const LinearProbeSpec& spec) {
  CHECK(spec.recipe() != LinearProbeSpec::LBFGS);
  HeadsSpec heads =
      spec.recipe() == LinearProbeSpec::MAE ? MaeRecipe() : MagmaRecipe();
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
  if (heads.decay() == HeadsSpec::COSINE) {
    return 0.5 +
           0.5 * std::cos(M_PI * (epoch - warmup) / (heads.epochs() - warmup));
  }
  const double whole = std::floor(epoch);
  double factor = 1;
  if (whole >= 0.6 * heads.epochs()) factor *= 0.1;
  if (whole >= 0.8 * heads.epochs()) factor *= 0.1;
  return factor;
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
