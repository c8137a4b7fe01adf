#include "ssl/optim/validate_optimizer_spec.h"

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/schedule/duration.h"

namespace caldera::ssl {
namespace {

absl::Status ValidateAlgorithm(const OptimizerSpec& spec) {
  switch (spec.algorithm_case()) {
    case OptimizerSpec::kAdamw:
      return base::FieldCheck()
          .Below("adamw.beta1", spec.adamw().beta1(), 0, 1)
          .Below("adamw.beta2", spec.adamw().beta2(), 0, 1)
          .InRange("adamw.eps", spec.adamw().eps(), 0, 1)
          .status();
    case OptimizerSpec::kLars:
      return base::FieldCheck()
          .Below("lars.momentum", spec.lars().momentum(), 0, 1)
          .AboveUpTo("lars.trust_coefficient", spec.lars().trust_coefficient(),
                     0.0, 1e3)
          .status();
    case OptimizerSpec::kSgd:
      RETURN_IF_ERROR(base::FieldCheck()
                          .Below("sgd.momentum", spec.sgd().momentum(), 0, 1)
                          .status());
      if (spec.sgd().nesterov() && spec.sgd().momentum() == 0) {
        return absl::InvalidArgumentError(
            "sgd.nesterov: true needs a momentum, but sgd.momentum is 0; set "
            "sgd.momentum above 0");
      }
      break;
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
        "lr_step: applies to lr_schedule: STEP only, but lr_schedule is ",
        OptimizerSpec::LearningRateShape_Name(spec.lr_schedule()),
        "; set lr_schedule: STEP or leave lr_step out"));
  }
  for (int i = 0; i < spec.lr_step_size(); ++i) {
    RETURN_IF_ERROR(base::Within(absl::StrCat("lr_step[", i, "]"),
                                 Validate(spec.lr_step(i))));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const OptimizerSpec& spec) {
  return base::FieldCheck()
      .InRange("base_lr", spec.base_lr(), 0.0, 1e3)
      .InRange("warmup_start_lr", spec.warmup_start_lr(), 0.0, 1e3)
      .InRange("min_lr", spec.min_lr(), 0.0, 1e3)
      .InRange("weight_decay", spec.weight_decay(), 0.0, 1e3)
      .InRange("clip_grad_norm", spec.clip_grad_norm(), 0.0, 1e9)
      .InRange("lr_step_factor", spec.lr_step_factor(), 0.0, 1e3)
      .AboveUpTo("layer_decay", spec.layer_decay(), 0, 1)
      .And(ValidateAlgorithm(spec))
      .And(ValidateLearningRateSteps(spec))
      .And(base::Within("warmup", Validate(spec.warmup())))
      .status();
}

}  // namespace caldera::ssl
