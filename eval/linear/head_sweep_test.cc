#include "eval/linear/head_sweep.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "eval/spec/head_recipe.h"

namespace caldera::eval {
namespace {

// Returns Gaussian clusters, `spread` apart.
LabelledFeatures Clusters(int64_t rows, double spread, uint64_t seed) {
  constexpr int64_t kWidth = 12, kClasses = 6;
  auto generator = at::detail::createCPUGenerator(seed);
  const at::Tensor labels =
      at::randint(0, kClasses, {rows}, generator, at::kLong);
  const at::Tensor centres =
      spread *
      at::randn({kClasses, kWidth}, at::detail::createCPUGenerator(77));
  return {
      centres.index_select(0, labels) + at::randn({rows, kWidth}, generator),
      labels};
}

HeadsSpec Spec(const std::string& recipe, std::vector<double> rates) {
  LinearProbeSpec spec;
  spec.set_recipe(recipe);
  spec.mutable_heads()->set_epochs(20);
  spec.mutable_heads()->set_batch_size(32);
  spec.mutable_heads()->set_warmup_epochs(2);
  for (const double rate : rates) spec.mutable_heads()->add_base_lr(rate);
  return FillRecipe(spec);
}

std::string Error(const absl::StatusOr<std::vector<HeadSweep>>& sweep) {
  return std::string(sweep.status().message());
}

TEST(HeadSweep, BothRecipesSeparateWhatIsSeparable) {
  const auto train = Clusters(400, 6, 1), test = Clusters(200, 6, 2);
  for (const std::string recipe : {"MAE", "MAGMA"}) {
    const double rate = recipe == "MAE" ? 100 : 0.3;
    const auto sweep =
        SweepCachedFeatures({train}, {test}, 6, Spec(recipe, {rate}));
    ASSERT_TRUE(sweep.ok()) << sweep.status();
    EXPECT_EQ((*sweep)[0].top1, 100) << recipe;
    EXPECT_EQ((*sweep)[0].top5, 100);
    EXPECT_EQ((*sweep)[0].chosen, 0);
  }
}

TEST(HeadSweep, TheHeldOutRowsChooseNotTheTestSet) {
  // The test labels are shifted: a choice by them would take a head that
  // learned nothing.
  const auto train = Clusters(400, 3, 1);
  LabelledFeatures test = Clusters(200, 3, 2);
  test.labels = (test.labels + 1).remainder(6);
  const auto sweep =
      SweepCachedFeatures({train}, {test}, 6, Spec("MAGMA", {1e-9, 0.3, 1e-8}));
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  const HeadSweep& result = (*sweep)[0];
  ASSERT_EQ(result.heads.size(), 3);
  EXPECT_EQ(result.chosen, 1);
  EXPECT_EQ(result.heads[1].base_lr, 0.3);
  EXPECT_GT(result.heads[1].held_out_top1, 90);
  EXPECT_LT(result.heads[0].held_out_top1, 60);
  EXPECT_LT(result.top1, 10);
}

TEST(HeadSweep, HeldOutRowsAreNotLearnedFrom) {
  // Rows 9, 19, ... are all wrong; training on them would change the head.
  LabelledFeatures train = Clusters(400, 6, 1);
  const auto test = Clusters(200, 6, 2);
  for (int64_t row = 9; row < 400; row += 10) train.labels[row].fill_(0);
  const auto sweep =
      SweepCachedFeatures({train}, {test}, 6, Spec("MAGMA", {0.3, 0.2}));
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  EXPECT_EQ((*sweep)[0].top1, 100);
  EXPECT_LT((*sweep)[0].heads[0].held_out_top1, 50);
}

TEST(HeadSweep, SeveralFeaturesAreSweptAtOnce) {
  const auto train = Clusters(300, 1, 1), test = Clusters(200, 1, 2);
  const LabelledFeatures blind_train{at::zeros({300, 5}), train.labels};
  const LabelledFeatures blind_test{at::zeros({200, 5}), test.labels};
  const HeadsSpec spec = Spec("MAE", {100, 1});
  const auto both =
      SweepCachedFeatures({blind_train, train}, {blind_test, test}, 6, spec);
  const auto alone = SweepCachedFeatures({train}, {test}, 6, spec);
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ((*both)[1].top1, (*alone)[0].top1);
  EXPECT_GT((*both)[1].top1, (*both)[0].top1 + 30);
}

TEST(HeadSweep, ADivergedHeadIsToldAndNeverChosen) {
  const auto train = Clusters(400, 6, 1), test = Clusters(100, 6, 2);
  HeadsSpec spec = Spec("MAGMA", {1e30, 0.3});
  spec.set_weight_decay(0, 10);  // multiplies the weights by 1 - 1e31 a step
  spec.add_weight_decay(0);
  const auto sweep = SweepCachedFeatures({train}, {test}, 6, spec);
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  EXPECT_TRUE((*sweep)[0].heads[0].diverged);
  EXPECT_EQ((*sweep)[0].heads[0].held_out_top1, 0);
  EXPECT_NE((*sweep)[0].chosen, 0);
  spec.clear_base_lr();
  spec.add_base_lr(1e30);
  spec.clear_weight_decay();
  spec.add_weight_decay(10);
  EXPECT_EQ(Error(SweepCachedFeatures({train}, {test}, 6, spec)),
            "linear.heads.base_lr: every head has diverged; use smaller rates");
}

TEST(HeadSweep, UserErrorsAreNamed) {
  const auto train = Clusters(30, 6, 1);
  EXPECT_EQ(Error(SweepCachedFeatures({train}, {train}, 6, Spec("MAE", {1}))),
            "linear.heads.batch_size: 32 is more than the 30 training images; "
            "use at most that");
  EXPECT_EQ(
      Error(SweepCachedFeatures({train}, {train}, 6, Spec("MAE", {1, 2}))),
      "linear.heads.batch_size: 32 is more than the 27 training images; "
      "use at most that");
  const LabelledFeatures few{train.features.narrow(0, 0, 9),
                             train.labels.narrow(0, 0, 9)};
  EXPECT_EQ(Error(SweepCachedFeatures({few}, {few}, 6, Spec("MAE", {1, 2})))
                .find("linear.heads: several heads"),
            0);
  const LabelledFeatures nans{
      at::full_like(train.features, std::numeric_limits<float>::quiet_NaN()),
      train.labels};
  EXPECT_NE(Error(SweepCachedFeatures({train}, {nans}, 6, Spec("MAGMA", {1})))
                .find("test features: row 0 holds NaN"),
            std::string::npos);
}

}  // namespace
}  // namespace caldera::eval
