#include "ssl/optim/validate_optimizer_spec.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "ssl/schedule/duration.h"

namespace caldera::ssl {
namespace {

struct Range {
  const char* field;
  double value, min, max;
};

// Written so that NaN is refused.
absl::Status ValidateRanges(const std::vector<Range>& ranges) {
  for (const Range& range : ranges) {
    if (range.value >= range.min && range.value <= range.max) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(range.field, ": ", range.value, " is not in [", range.min,
                     ", ", range.max, "]"));
  }
  return absl::OkStatus();
}

absl::Status BelowOne(absl::string_view field, double value) {
  if (value >= 0 && value < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is not in [0, 1)"));
}

absl::Status AboveZero(absl::string_view field, double value, double max) {
  if (value > 0 && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is not in (0, ", max, "]"));
}

absl::Status ValidateAlgorithm(const OptimizerSpec& spec) {
  switch (spec.algorithm_case()) {
    case OptimizerSpec::kAdamw: {
      for (const absl::Status& status :
           {BelowOne("adamw.beta1", spec.adamw().beta1()),
            BelowOne("adamw.beta2", spec.adamw().beta2()),
            ValidateRanges({{"adamw.eps", spec.adamw().eps(), 0, 1}})}) {
        if (!status.ok()) return status;
      }
      break;
    }
    case OptimizerSpec::kLars: {
      const absl::Status momentum =
          BelowOne("lars.momentum", spec.lars().momentum());
      if (!momentum.ok()) return momentum;
      return AboveZero("lars.trust_coefficient",
                       spec.lars().trust_coefficient(), 1e3);
    }
    case OptimizerSpec::kSgd: {
      const absl::Status momentum =
          BelowOne("sgd.momentum", spec.sgd().momentum());
      if (!momentum.ok()) return momentum;
      if (spec.sgd().nesterov() && spec.sgd().momentum() == 0) {
        return absl::InvalidArgumentError(
            "sgd.nesterov: true looks ahead along a momentum that is 0; set "
            "sgd.momentum above 0");
      }
      break;
    }
    case OptimizerSpec::ALGORITHM_NOT_SET:
      break;
  }
  return absl::OkStatus();
}

absl::Status ValidateLearningRateSteps(const OptimizerSpec& spec) {
  const bool steps = spec.lr_schedule() == OptimizerSpec::STEP;
  if (steps && spec.lr_step().empty()) {
    return absl::InvalidArgumentError(
        "lr_schedule: STEP needs at least one lr_step { epochs: ... }");
  }
  if (!steps && !spec.lr_step().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "lr_step: is of lr_schedule STEP, which is ",
        OptimizerSpec::LearningRateShape_Name(spec.lr_schedule()), " here"));
  }
  for (int i = 0; i < spec.lr_step_size(); ++i) {
    const absl::Status status = Validate(spec.lr_step(i));
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("lr_step[", i, "].", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const OptimizerSpec& spec) {
  for (const absl::Status& status :
       {ValidateRanges({{"base_lr", spec.base_lr(), 0, 1e3},
                        {"warmup_start_lr", spec.warmup_start_lr(), 0, 1e3},
                        {"min_lr", spec.min_lr(), 0, 1e3},
                        {"weight_decay", spec.weight_decay(), 0, 1e3},
                        {"clip_grad_norm", spec.clip_grad_norm(), 0, 1e9},
                        {"lr_step_factor", spec.lr_step_factor(), 0, 1e3}}),
        AboveZero("layer_decay", spec.layer_decay(), 1),
        ValidateAlgorithm(spec), ValidateLearningRateSteps(spec)}) {
    if (!status.ok()) return status;
  }
  return base::Within("warmup", Validate(spec.warmup()));
}

}  // namespace caldera::ssl
