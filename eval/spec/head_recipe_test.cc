#include "eval/spec/head_recipe.h"

#include <gtest/gtest.h>

#include <string>

namespace caldera::eval {
namespace {

HeadsSpec Recipe(const std::string& recipe) {
  LinearProbeSpec spec;
  spec.set_recipe(recipe);
  return FillRecipe(spec);
}

TEST(HeadRecipe, WhatIsGivenReplacesTheRecipes) {
  LinearProbeSpec spec;
  spec.set_recipe("MAE");
  spec.mutable_heads()->add_base_lr(0.5);
  spec.mutable_heads()->add_base_lr(0.2);
  spec.mutable_heads()->set_epochs(3);
  spec.mutable_heads()->mutable_augment()->set_horizontal_flip(0);
  const HeadsSpec heads = FillRecipe(spec);
  ASSERT_EQ(heads.base_lr_size(), 2);
  EXPECT_EQ(heads.base_lr(0), 0.5);
  EXPECT_EQ(heads.epochs(), 3);
  EXPECT_EQ(heads.batch_size(), 16384);
  EXPECT_FALSE(heads.augment().has_random_resized_crop());
}

TEST(HeadRecipe, EveryRateMeetsEveryDecay) {
  HeadsSpec heads = Recipe("MAGMA");
  heads.add_base_lr(3);
  heads.add_weight_decay(1e-4);
  const auto settings = HeadSettings(heads);
  ASSERT_EQ(settings.size(), 4);
  EXPECT_EQ(settings[0].base_lr, 0.3);
  EXPECT_EQ(settings[1].weight_decay, 1e-4);
  EXPECT_EQ(settings[2].base_lr, 3);
}

TEST(HeadRecipe, MaesRateWarmsUpAndFallsToZero) {
  const HeadsSpec heads = Recipe("MAE");
  EXPECT_EQ(RateFactor(heads, 0), 0);
  EXPECT_DOUBLE_EQ(RateFactor(heads, 2.5), 0.25);
  EXPECT_DOUBLE_EQ(RateFactor(heads, 10), 1);
  EXPECT_DOUBLE_EQ(RateFactor(heads, 50), 0.5);
  EXPECT_NEAR(RateFactor(heads, 90), 0, 1e-15);
}

TEST(HeadRecipe, MagmasRateFallsInSteps) {
  const HeadsSpec heads = Recipe("MAGMA");
  EXPECT_EQ(RateFactor(heads, 0), 1);
  EXPECT_EQ(RateFactor(heads, 59.99), 1);
  EXPECT_DOUBLE_EQ(RateFactor(heads, 60), 0.1);
  EXPECT_DOUBLE_EQ(RateFactor(heads, 99), 0.01);
}

}  // namespace
}  // namespace caldera::eval
