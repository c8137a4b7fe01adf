#include "ssl/optim/validate_optimizer_spec.h"

#include <gtest/gtest.h>

#include "base/spec_fields.h"

namespace caldera::ssl {
namespace {

absl::Status StatusOf(const char* text) {
  OptimizerSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec)) << text;
  return Validate(spec);
}

TEST(ValidateOptimizerSpec, TakesWhatTrains) {
  for (const char* text :
       {"", "adamw {}", "lars { trust_coefficient: 0.02 }", "sgd {}",
        "sgd { momentum: 0 }", "sgd { nesterov: true }",
        "lr_schedule: STEP lr_step { epochs: 1 }", "lr_schedule: CONSTANT",
        "layer_decay: 0.65 no_weight_decay: 'cls_token'"}) {
    EXPECT_TRUE(StatusOf(text).ok()) << text << ": " << StatusOf(text);
  }
}

TEST(ValidateOptimizerSpec, ErrorsNameTheField) {
  const struct {
    const char* spec;
    const char* error;
  } kTable[] = {
      {"base_lr: -1", "base_lr: -1 is not in [0, 1000]"},
      {"base_lr: nan", "base_lr: nan is not in [0, 1000]"},
      {"weight_decay: -0.1", "weight_decay: -0.1 is not in [0, 1000]"},
      {"clip_grad_norm: inf", "clip_grad_norm: inf is not in [0, 1e+09]"},
      {"lr_step_factor: -1", "lr_step_factor: -1 is not in [0, 1000]"},
      {"layer_decay: 0", "layer_decay: 0 is not in (0, 1]"},
      {"layer_decay: 1.1", "layer_decay: 1.1 is not in (0, 1]"},
      {"adamw { beta1: 1 }", "adamw.beta1: 1 is not in [0, 1)"},
      {"adamw { beta2: -0.1 }", "adamw.beta2: -0.1 is not in [0, 1)"},
      {"adamw { eps: 2 }", "adamw.eps: 2 is not in [0, 1]"},
      {"lars { momentum: 1 }", "lars.momentum: 1 is not in [0, 1)"},
      {"lars { trust_coefficient: 0 }",
       "lars.trust_coefficient: 0 is not in (0, 1000]"},
      {"lars {} sgd {}", "sgd: lars names a part too; leave one of them out"},
      {"custom { name: 'sdg' }",
       "custom.name: \"sdg\" is not a registered part of this kind; did you "
       "mean \"sgd\"?"},
      {"lr_schedule: COSIN",
       "lr_schedule: \"COSIN\" is not a registered part of this kind; did you "
       "mean \"COSINE\"?"},
      {"sgd { momentum: 1.5 }", "sgd.momentum: 1.5 is not in [0, 1)"},
      {"sgd { momentum: 0 nesterov: true }",
       "sgd.nesterov: true needs a momentum, but sgd.momentum is 0; set "
       "sgd.momentum above 0"},
      {"lr_schedule: STEP",
       "lr_schedule: STEP needs at least one lr_step { epochs: ... }"},
      {"lr_step { epochs: 1 }",
       "lr_step: applies to lr_schedule: STEP only, but lr_schedule is COSINE; "
       "set lr_schedule: STEP or leave lr_step out"},
      {"lr_schedule: STEP lr_step { steps: 1 } lr_step { share: 2 }",
       "lr_step[1].share: 2 is not in [0, 1]"},
      {"warmup { epochs: -1 }",
       "warmup.epochs: -1 is not at least 0; it is a length of time"},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(StatusOf(row.spec).message(), row.error) << row.spec;
  }
}

}  // namespace
}  // namespace caldera::ssl
