#include "eval/limit_to_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

using testing::ElementsAre;

std::vector<std::string> Notes(EvalSpec* spec, int64_t rows) {
  std::vector<std::string> notes;
  *spec = LimitToRows(*spec, rows, &notes);
  return notes;
}

TEST(LimitToRows, WhatFitsStays) {
  EvalSpec spec;
  spec.mutable_knn()->add_k(48);
  spec.mutable_linear()->set_recipe("MAGMA");
  EXPECT_THAT(Notes(&spec, 256), testing::IsEmpty());
  EXPECT_EQ(spec.knn().k(0), 48);
  EXPECT_FALSE(spec.linear().heads().has_batch_size());
  EvalSpec empty;
  EXPECT_THAT(Notes(&empty, 10), testing::IsEmpty());
  EXPECT_EQ(empty.knn().k_size(), 0);
}

TEST(LimitToRows, NeighboursAreAtMostTheRows) {
  EvalSpec spec;
  for (const int k : {5, 200, 100, 48}) spec.mutable_knn()->add_k(k);
  EXPECT_THAT(
      Notes(&spec, 48),
      ElementsAre(
          "eval.knn.k: 200 neighbours of 48 training images are limited to 48",
          "eval.knn.k: 100 neighbours of 48 training images are limited to "
          "48"));
  EXPECT_THAT(spec.knn().k(), ElementsAre(5, 48));
  EvalSpec by_default;
  EXPECT_EQ(Notes(&by_default, 3).size(), 1);
  EXPECT_THAT(by_default.knn().k(), ElementsAre(3));
}

TEST(LimitToRows, BatchesAreAtMostTheRowsThatAreNotHeldOut) {
  EvalSpec spec;
  spec.mutable_linear()->set_recipe("MAE");
  EXPECT_THAT(Notes(&spec, 96),
              ElementsAre("eval.linear.heads.batch_size: 16384 of 96 training "
                          "images is limited to 96"));
  EXPECT_EQ(FillRecipe(spec.linear()).batch_size(), 96);
  // Ten rows of a hundred choose among the heads.
  spec.mutable_linear()->mutable_heads()->add_base_lr(0.1);
  spec.mutable_linear()->mutable_heads()->add_base_lr(1);
  spec.mutable_linear()->mutable_heads()->clear_batch_size();
  Notes(&spec, 100);
  EXPECT_EQ(FillRecipe(spec.linear()).batch_size(), 90);
  // The encoder takes parts of 512 images.
  spec.mutable_linear()->mutable_heads()->clear_batch_size();
  Notes(&spec, 3000);
  EXPECT_EQ(FillRecipe(spec.linear()).batch_size(), 2560);
}

TEST(LimitToRows, TooFewRowsToChooseOnTrainOneHead) {
  EvalSpec spec;
  spec.mutable_linear()->set_recipe("MAE");
  spec.mutable_linear()->mutable_heads()->add_base_lr(0.3);
  spec.mutable_linear()->mutable_heads()->add_base_lr(1);
  spec.mutable_knn()->add_k(5);
  EXPECT_EQ(Notes(&spec, 9).size(), 2);
  const HeadsSpec heads = FillRecipe(spec.linear());
  EXPECT_THAT(heads.base_lr(), ElementsAre(0.3));
  EXPECT_EQ(heads.batch_size(), 9);
}

}  // namespace
}  // namespace caldera::eval
