#include "ssl/optim/make_optimizer.h"

#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/spec_fields.h"
#include "ssl/optim/optimizer_testing.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

at::Tensor Leaf(at::IntArrayRef shape) {
  return at::ones(shape).requires_grad_();
}

TEST(MakeOptimizer, TheSpecNamesTheAlgorithm) {
  for (const char* name : {"adamw", "lars", "sgd"}) {
    OptimizerSpec spec;
    ASSERT_TRUE(base::ParseSpec(absl::StrCat(name, " {}"), &spec));
    EXPECT_EQ(base::PartName(spec), name);
  }
  EXPECT_EQ(base::PartName(OptimizerSpec()), "adamw");
  const auto slot = [](const std::string& text) {
    const vit::StateDict state =
        OptimizerOf(text, {{"w", Leaf({2, 2})}})->State();
    return state.empty() ? "" : state.begin()->first;
  };
  EXPECT_EQ(slot(""), "exp_avg.w");
  EXPECT_EQ(slot("adamw {}"), "exp_avg.w");
  EXPECT_EQ(slot("lars {}"), "momentum.w");
  EXPECT_EQ(slot("sgd {}"), "momentum.w");
  EXPECT_EQ(slot("sgd { momentum: 0 }"), "");
}

TEST(OptimizerParameters, RatesAndDecaysFollowTheNames) {
  const std::vector<std::pair<std::string, at::Tensor>> named = {
      {"encoder.cls_token", Leaf({1, 1, 4})},
      {"encoder.blocks.0.attn.qkv.weight", Leaf({4, 4})},
      {"encoder.blocks.0.attn.qkv.bias", Leaf({4})},
      {"head.weight", Leaf({4, 4})}};
  OptimizerSpec spec;
  spec.set_weight_decay(0.3);
  std::map<std::string, OptimizerParameter> plain;
  for (const auto& parameter : OptimizerParameters(spec, named, /*depth=*/1)) {
    EXPECT_EQ(parameter.lr_scale, 1) << parameter.name;
    plain[parameter.name] = parameter;
  }
  ASSERT_EQ(plain.size(), 4);
  EXPECT_EQ(plain["encoder.cls_token"].weight_decay, 0.3);
  EXPECT_EQ(plain["encoder.blocks.0.attn.qkv.weight"].weight_decay, 0.3);
  EXPECT_EQ(plain["encoder.blocks.0.attn.qkv.bias"].weight_decay, 0);

  spec.set_layer_decay(0.5);
  spec.add_no_weight_decay("cls_token");
  spec.add_no_weight_decay("weight_of_none");
  std::map<std::string, OptimizerParameter> tuned;
  for (const auto& parameter : OptimizerParameters(spec, named, /*depth=*/1)) {
    tuned[parameter.name] = parameter;
  }
  EXPECT_EQ(tuned["encoder.cls_token"].weight_decay, 0);
  EXPECT_EQ(tuned["encoder.cls_token"].lr_scale, 0.25);
  EXPECT_EQ(tuned["encoder.blocks.0.attn.qkv.weight"].weight_decay, 0.3);
  EXPECT_EQ(tuned["encoder.blocks.0.attn.qkv.weight"].lr_scale, 0.5);
  EXPECT_EQ(tuned["head.weight"].weight_decay, 0.3);
  EXPECT_EQ(tuned["head.weight"].lr_scale, 1);

  spec.set_weight_decay_all(true);
  for (const auto& parameter : OptimizerParameters(spec, named, /*depth=*/1)) {
    EXPECT_EQ(parameter.weight_decay,
              parameter.name == "encoder.cls_token" ? 0 : 0.3)
        << parameter.name;
  }
}

}  // namespace
}  // namespace caldera::ssl
