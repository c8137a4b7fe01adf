// Tests what a plan refuses, and the properties of all decoders.
#include "vit/decoders/decoder_plan.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "base/option_list.h"
#include "base/spec_fields.h"

namespace caldera::vit {
namespace {

absl::Status StatusOf(const std::string& text) {
  DecoderSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec)) << text;
  return PlanDecoder(spec).status();
}

void ExpectRefused(const std::string& text, const std::string& message) {
  EXPECT_EQ(StatusOf(text), absl::InvalidArgumentError(message)) << text;
}

TEST(PlanDecoder, AcceptsWhatCanBeBuilt) {
  for (const std::string text :
       {"",  // MAE's decoder
        "embed_dim: 4 depth: 1 num_heads: 1 mlp_ratio: 0.25",
        "embed_dim: 16384 depth: 1024 num_heads: 16384 mlp_ratio: 64"}) {
    EXPECT_EQ(StatusOf(text), absl::OkStatus()) << text;
  }
}

TEST(PlanDecoder, NamesTheFieldThatItRefuses) {
  ExpectRefused("embed_dim: 0", "embed_dim: 0 is not in [1, 16384]");
  ExpectRefused("embed_dim: 16388", "embed_dim: 16388 is not in [1, 16384]");
  ExpectRefused("depth: 0", "depth: 0 is not in [1, 1024]");
  ExpectRefused("depth: 1025", "depth: 1025 is not in [1, 1024]");
  ExpectRefused("num_heads: 0", "num_heads: 0 is not in [1, 16384]");
  ExpectRefused(
      "embed_dim: 18 num_heads: 2",
      "embed_dim: 18 is not a multiple of 4, as the sine-cosine position "
      "embedding needs (sine and cosine of x and of y)");
  ExpectRefused("embed_dim: 16 num_heads: 3",
                "num_heads: 3 does not divide embed_dim 16");
  ExpectRefused("mlp_ratio: 0", "mlp_ratio: 0 is not in (0, 64]");
  ExpectRefused("mlp_ratio: -4", "mlp_ratio: -4 is not in (0, 64]");
  ExpectRefused("mlp_ratio: 64.5", "mlp_ratio: 64.5 is not in (0, 64]");
  ExpectRefused("mlp_ratio: nan", "mlp_ratio: nan is not in (0, 64]");
  ExpectRefused("mlp_ratio: inf", "mlp_ratio: inf is not in (0, 64]");
}

TEST(PlanDecoder, WantsAnMlpOfAtLeastOneUnit) {
  ExpectRefused("embed_dim: 16 num_heads: 2 mlp_ratio: 0.0624",
                "mlp_ratio: 0.0624 leaves no hidden unit at "
                "embed_dim 16");
  EXPECT_EQ(StatusOf("embed_dim: 16 num_heads: 2 mlp_ratio: 0.0625"),
            absl::OkStatus());
}

// A value that no kind could have is refused whatever the kind.
TEST(PlanDecoder, ChecksWhatPartsAdd) {
  ExpectRefused("kind: REGRESSOR regressor_depth: 0",
                "regressor_depth: 0 is not in [1, 1024]");
  ExpectRefused("regressor_depth: 0", "regressor_depth: 0 is not in [1, 1024]");
  EXPECT_EQ(StatusOf("regressor_depth: 2"), absl::OkStatus());
}

TEST(PlanDecoder, SuggestsTheNearestKind) {
  ExpectRefused("kind: CROSS_ATENTION",
                "kind: \"CROSS_ATENTION\" is not a registered part of this "
                "kind; did you mean \"CROSS_ATTENTION\"?");
}

// It holds when another decoder is added.
TEST(PlanDecoder, KindsHaveTheirProperties) {
  EXPECT_EQ(DecoderKind(DecoderSpec()), "TRANSFORMER");
  using Property = bool (DecoderPlan::*)() const;
  const auto with = [](Property property) {
    const std::vector<std::string> words =
        absl::StrSplit(DecoderKindsThat(property, "or"), absl::ByAnyChar(", "));
    std::set<std::string> kinds;
    for (const char* kind : {"TRANSFORMER", "LINEAR", "CROSS_ATTENTION", "NONE",
                             "REGRESSOR", "SELF_CROSS_ATTENTION", "CRATE"}) {
      if (absl::c_linear_search(words, kind)) kinds.insert(kind);
    }
    return kinds;
  };
  using Kinds = std::set<std::string>;
  EXPECT_EQ(with(&DecoderPlan::predicts),
            (Kinds{"TRANSFORMER", "LINEAR", "CROSS_ATTENTION", "REGRESSOR",
                   "SELF_CROSS_ATTENTION", "CRATE"}));
  EXPECT_EQ(with(&DecoderPlan::removed_only),
            (Kinds{"CROSS_ATTENTION", "REGRESSOR"}));
  EXPECT_EQ(with(&DecoderPlan::takes_every_patch),
            (Kinds{"TRANSFORMER", "LINEAR", "CRATE"}));
  EXPECT_EQ(with(&DecoderPlan::without_positions), (Kinds{"LINEAR"}));
  EXPECT_EQ(with(&DecoderPlan::reads_memory), (Kinds{"SELF_CROSS_ATTENTION"}));
  EXPECT_EQ(with(&DecoderPlan::gives_latents), (Kinds{"REGRESSOR"}));
}

TEST(PlanDecoder, WhatPredictsNothingIsNotBuilt) {
  DecoderSpec spec;
  spec.set_kind("NONE");
  const auto plan = PlanDecoder(spec);
  ASSERT_TRUE(plan.ok()) << plan.status();
  const DecoderSizes sizes = {8, {2, 3}, 5, true};
  EXPECT_EQ((*plan)->Build(sizes), nullptr);
  EXPECT_EQ((*plan)->CostOf(sizes, 2).flop(), 0);
}

// A decoder that has options of its own beside the fields of its spec.
struct WideOptions {
  int64_t times = 2;
  void List(base::OptionList& list) {
    list.Add("times", &times, "[1, 8]", "how much wider it is");
  }
};

class WidePlan : public DecoderPlan {
 public:
  WidePlan(const DecoderSpec& spec, const WideOptions& options)
      : DecoderPlan(spec), width_(spec.embed_dim() * options.times) {}
  Cost CostOf(const DecoderSizes& /*sizes*/,
              int64_t num_visible) const override {
    return ProductCost(num_visible, width_, 1);
  }
  std::shared_ptr<Decoder> Build(const DecoderSizes& /*sizes*/) const override {
    return nullptr;
  }

 private:
  int64_t width_;
};

TEST(PlanDecoder, OptionsOfAPartWithoutAMessage) {
  // It is registered here, so that it is in no list of the tests above.
  DecoderPart::Register<WideOptions>(
      {"wide", "A wider decoder."},
      [](const WideOptions& options, const DecoderSpec& spec) {
        return std::make_unique<WidePlan>(spec, options);
      });
  DecoderSpec spec;
  spec.set_embed_dim(64);
  spec.mutable_custom()->set_name("wide");
  spec.mutable_custom()->add_option("times=3");
  const auto plan = PlanDecoder(spec);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ((*plan)->CostOf({}, 1).forward_flop, 2 * 64 * 3);
  EXPECT_EQ(DecoderKind(spec), "WIDE");
  spec.mutable_custom()->set_option(0, "times=9");
  EXPECT_EQ(
      PlanDecoder(spec).status(),
      absl::InvalidArgumentError("custom.option[0]: times=9 is not in [1, 8]"));
  spec.set_depth(0);
  EXPECT_EQ(PlanDecoder(spec).status(),
            absl::InvalidArgumentError("depth: 0 is not in [1, 1024]"));
}

}  // namespace
}  // namespace caldera::vit
