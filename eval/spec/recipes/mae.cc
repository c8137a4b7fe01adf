// facebookresearch/mae, main_linprobe.py: LARS behind a BatchNorm.
#include "eval/spec/probe_recipe.h"

namespace caldera::eval {
namespace {

const bool kMae = RegisterHeads(
    {"mae", "LARS behind a BatchNorm (facebookresearch/mae)."}, R"(
      optimizer: LARS
      base_lr: 0.1
      epochs: 90
      warmup_epochs: 10
      decay: COSINE
      batch_size: 16384
      batch_norm: true
      augment { random_resized_crop { interpolation: BICUBIC } }
    )");

}  // namespace
}  // namespace caldera::eval
