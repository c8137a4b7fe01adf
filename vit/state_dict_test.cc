#include "vit/state_dict.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <memory>

namespace caldera::vit {
namespace {

// Has a parameter, a buffer and a child, like every module of ours.
struct Inner : torch::nn::Module {
  Inner() { register_parameter("bias", at::full({3}, 1.0)); }
};
struct Outer : torch::nn::Module {
  Outer() {
    register_parameter("weight", at::full({2, 3}, 2.0));
    register_buffer("table", at::full({4}, 3, at::kLong));
    register_module("inner", std::make_shared<Inner>());
  }
};

StateDict Values() {
  return {{"weight", at::arange(6.0).view({2, 3})},
          {"table", at::arange(4)},
          {"inner.bias", at::arange(3.0)}};
}

void ExpectRefused(const StateDict& state, const std::string& message) {
  Outer module;
  EXPECT_EQ(LoadStateDict(module, state, "w.pth"),
            absl::InvalidArgumentError(message));
  for (const auto& [name, tensor] : GetStateDict(Outer())) {
    EXPECT_TRUE(at::equal(GetStateDict(module).at(name), tensor)) << name;
  }
}

TEST(GetStateDict, HoldsParametersAndBuffersThemselves) {
  const Outer module;
  const StateDict state = GetStateDict(module);
  ASSERT_EQ(state.size(), 3);
  EXPECT_TRUE(state.at("weight").is_same(module.named_parameters()["weight"]));
  EXPECT_TRUE(state.at("table").is_same(module.named_buffers()["table"]));
  EXPECT_TRUE(
      state.at("inner.bias").is_same(module.named_parameters()["inner.bias"]));
}

TEST(LoadStateDict, CopiesInPlace) {
  Outer module;
  const StateDict before = GetStateDict(module), values = Values();
  ASSERT_EQ(LoadStateDict(module, values, "w.pth"), absl::OkStatus());
  for (const auto& [name, tensor] : GetStateDict(module)) {
    EXPECT_TRUE(tensor.is_same(before.at(name))) << name;
    EXPECT_TRUE(at::equal(tensor, values.at(name))) << name;
    EXPECT_NE(tensor.const_data_ptr(), values.at(name).const_data_ptr());
  }
  EXPECT_TRUE(module.named_parameters()["weight"].is_leaf());
  EXPECT_TRUE(module.named_parameters()["weight"].requires_grad());
}

TEST(LoadStateDict, CastsToTheModulesTypes) {
  Outer module;
  StateDict values = Values();
  values["weight"] = values["weight"].to(at::kDouble);
  values["inner.bias"] = values["inner.bias"].to(at::kBFloat16);
  values["table"] = values["table"].to(at::kInt);
  ASSERT_EQ(LoadStateDict(module, values, "w.pth"), absl::OkStatus());
  const StateDict expected = Values();
  for (const auto& [name, tensor] : GetStateDict(module)) {
    EXPECT_EQ(tensor.scalar_type(), expected.at(name).scalar_type()) << name;
    EXPECT_TRUE(at::equal(tensor, expected.at(name))) << name;
  }
}

TEST(LoadStateDict, RefusesMissingUnexpectedAndDifferentlyShapedTensors) {
  StateDict state = Values();
  state.erase("weight");
  ExpectRefused(state, "w.pth lacks the tensor \"weight\"");
  state = Values();
  state.erase("table");
  ExpectRefused(state, "w.pth lacks the tensor \"table\"");
  state = Values();
  state["head.weight"] = at::zeros({1});
  ExpectRefused(state,
                "w.pth holds the tensor \"head.weight\", which the model "
                "lacks");
  state = Values();
  state["weight"] = at::zeros({3, 2});
  ExpectRefused(state,
                "w.pth: tensor \"weight\" has the shape [3, 2], the model "
                "needs [2, 3]");
  state["weight"] = at::zeros({});  // copy_ alone would broadcast it
  ExpectRefused(state,
                "w.pth: tensor \"weight\" has the shape [], the model needs "
                "[2, 3]");
}

TEST(CopyStateDict, CopiesIntoCollectedTensors) {
  const StateDict to = {{"m", at::zeros({2})}, {"v", at::zeros({2})}};
  ASSERT_EQ(
      CopyStateDict({{"m", at::full({2}, 1.0)}, {"v", at::full({2}, 2.0)}}, to,
                    "checkpoint"),
      absl::OkStatus());
  EXPECT_TRUE(at::equal(to.at("m"), at::full({2}, 1.0)));
  EXPECT_TRUE(at::equal(to.at("v"), at::full({2}, 2.0)));
  EXPECT_EQ(CopyStateDict({{"m", at::full({2}, 7.0)}}, to, "checkpoint"),
            absl::InvalidArgumentError("checkpoint lacks the tensor \"v\""));
  EXPECT_TRUE(at::equal(to.at("m"), at::full({2}, 1.0)));
}

TEST(StateDict, APrefixIsInFrontOfEveryName) {
  const StateDict plain = GetStateDict(Outer());
  const StateDict prefixed = GetStateDict(Outer(), "a.");
  ASSERT_EQ(prefixed.size(), plain.size());
  for (const auto& [name, tensor] : plain) {
    EXPECT_TRUE(at::equal(prefixed.at("a." + name), tensor)) << name;
  }
}

}  // namespace
}  // namespace caldera::vit
