// solo-learn's for ViTs, the library of MAGMA's authors (their own settings for
// MAE are not published): plain SGD.
#include "eval/spec/probe_recipe.h"

namespace caldera::eval {
namespace {

const bool kMagma = RegisterHeads(
    {"magma", "Plain SGD (solo-learn, with which MAGMA's authors probed)."}, R"(
      optimizer: SGD
      base_lr: 0.3
      epochs: 100
      warmup_epochs: 0
      decay: STEPS
      batch_size: 256
      batch_norm: false
      augment { random_resized_crop { interpolation: BILINEAR } }
    )");

}  // namespace
}  // namespace caldera::eval
