#include "ssl/optim/validate_optimizer_spec.h"

#include "absl/strings/str_cat.h"
#include "ssl/schedule/duration.h"

namespace caldera::ssl {

absl::Status Validate(const OptimizerSpec& spec) {
  const struct {
    const char* field;
    double value, min, max;
  } kRanges[] = {
      {"base_lr", spec.base_lr(), 0, 1e3},
      {"warmup_start_lr", spec.warmup_start_lr(), 0, 1e3},
      {"min_lr", spec.min_lr(), 0, 1e3},
      {"weight_decay", spec.weight_decay(), 0, 1e3},
      {"eps", spec.eps(), 0, 1},
      {"clip_grad_norm", spec.clip_grad_norm(), 0, 1e9},
  };
  for (const auto& range : kRanges) {
    if (range.value >= range.min && range.value <= range.max) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(range.field, ": ", range.value, " is not in [", range.min,
                     ", ", range.max, "]"));
  }
  for (const auto& [field, value] : {std::make_pair("beta1", spec.beta1()),
                                     std::make_pair("beta2", spec.beta2())}) {
    if (value >= 0 && value < 1) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", value, " is not in [0, 1)"));
  }
  const absl::Status warmup = Validate(spec.warmup());
  if (warmup.ok()) return warmup;
  return absl::Status(warmup.code(), absl::StrCat("warmup.", warmup.message()));
}

}  // namespace caldera::ssl
