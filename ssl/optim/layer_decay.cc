#include "ssl/optim/layer_decay.h"

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace caldera::ssl {

int64_t LayerNumber(absl::string_view name, int64_t depth) {
  absl::ConsumePrefix(&name, "classifier.");
  absl::ConsumePrefix(&name, "encoder.");
  if (name == "cls_token" || name == "reg_token" || name == "pos_embed" ||
      absl::StartsWith(name, "norm_pre.") ||
      absl::StartsWith(name, "patch_embed.")) {
    return 0;
  }
  int64_t block = 0;
  if (absl::ConsumePrefix(&name, "blocks.") &&
      absl::SimpleAtoi(name.substr(0, name.find('.')), &block)) {
    return block + 1;
  }
  return depth + 1;
}

double LayerDecay(absl::string_view name, int64_t depth, double decay) {
  return std::pow(decay,
                  static_cast<double>(depth + 1 - LayerNumber(name, depth)));
}

}  // namespace caldera::ssl
