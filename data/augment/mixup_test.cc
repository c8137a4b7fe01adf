#include "data/augment/mixup.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

namespace caldera::data {
namespace {

TEST(DrawMixPlan, CutsTheAreaOfItsLambda) {
  MixupSpec spec;
  spec.set_mixup_alpha(0);
  double sum = 0;
  for (int i = 0; i < 5000; ++i) {
    base::RandomStream stream(1, "test", 0, i);
    const MixPlan plan = DrawMixPlan(spec, 20, 30, stream);
    const Rectangle& cut = plan.cut;
    ASSERT_TRUE(cut.top >= 0 && cut.left >= 0);
    ASSERT_TRUE(cut.top + cut.height <= 20 && cut.left + cut.width <= 30);
    ASSERT_DOUBLE_EQ(plan.lambda, 1 - cut.height * cut.width / 600.0);
    sum += plan.lambda;
  }
  // Uniform shares, made smaller where the rectangle leaves the image.
  EXPECT_GT(sum / 5000, 0.6);
  EXPECT_LT(sum / 5000, 0.8);
}

TEST(DrawMixPlan, LambdaIsBeta) {
  for (const double alpha : {0.1, 0.8, 1.0, 4.0}) {
    MixupSpec spec;
    spec.set_mixup_alpha(alpha);
    spec.set_cutmix_alpha(0);
    double sum = 0, squares = 0;
    constexpr int kCount = 20000;
    for (int i = 0; i < kCount; ++i) {
      base::RandomStream stream(1, "test", 0, i);
      const MixPlan plan = DrawMixPlan(spec, 20, 30, stream);
      EXPECT_EQ(plan.cut.height, 0);
      ASSERT_TRUE(plan.lambda >= 0 && plan.lambda <= 1);
      sum += plan.lambda - 0.5;
      squares += (plan.lambda - 0.5) * (plan.lambda - 0.5);
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    EXPECT_NEAR(sum / kCount, 0, 5 * std::sqrt(variance / kCount));
    EXPECT_NEAR(squares / kCount, variance, 0.03 * variance);
  }
}

TEST(DrawMixPlan, KeepsItsProbabilities) {
  MixupSpec spec;
  spec.set_probability(0.7);
  spec.set_switch_probability(0.4);
  int mixup = 0, cut = 0;
  for (int i = 0; i < 10000; ++i) {
    base::RandomStream stream(1, "test", 0, i);
    const MixPlan plan = DrawMixPlan(spec, 64, 64, stream);
    mixup += plan.lambda < 1 && plan.cut.height == 0;
    cut += plan.cut.height > 0;
  }
  EXPECT_NEAR(mixup / 1e4, 0.42, 0.025);
  EXPECT_NEAR(cut / 1e4, 0.28, 0.025);  // a few are too small to cut a pixel
  spec.set_mixup_alpha(0);
  spec.set_cutmix_alpha(0);
  base::RandomStream stream(1, "test", 0, 0);
  EXPECT_EQ(DrawMixPlan(spec, 64, 64, stream).lambda, 1);
}

// Image b is all b + 1; so a pixel tells where it came from.
at::Tensor Images(int64_t count) {
  return at::arange(1, count + 1, at::kFloat).view({-1, 1, 1, 1}) *
         at::ones({count, 2, 6, 5});
}

at::Tensor OneHot(int64_t count) { return at::eye(count); }

MixPlans Plans(const std::vector<MixPlan>& of_pairs) {
  MixPlans plans;
  for (const MixPlan& plan : of_pairs) {
    const auto first = static_cast<int64_t>(plans.plan.size());
    plans.plan.insert(plans.plan.end(), 2, plan);
    plans.partner.insert(plans.partner.end(), {first + 1, first});
  }
  return plans;
}

TEST(Mix, CutMixTargetsAreTheShareOfPixels) {
  const MixPlans plans =
      Plans({{1 - 6 / 30.0, {1, 2, 3, 2}}, {1 - 20 / 30.0, {0, 0, 4, 5}}});
  const MixedBatch mixed = Mix(plans, Images(4), OneHot(4));
  for (int64_t b = 0; b < 4; ++b) {
    const Rectangle& cut = plans.plan[b].cut;
    const int64_t other = plans.partner[b];
    const at::Tensor foreign = mixed.images[b][0] == other + 1;  // [6, 5]
    const at::Tensor own = mixed.images[b][0] == b + 1;
    EXPECT_EQ(foreign.sum().item<int64_t>(), cut.height * cut.width);
    EXPECT_EQ(own.sum().item<int64_t>(), 30 - cut.height * cut.width);
    EXPECT_TRUE(foreign.narrow(0, cut.top, cut.height)
                    .narrow(1, cut.left, cut.width)
                    .all()
                    .item<bool>());
    EXPECT_TRUE(mixed.images[b][1].equal(mixed.images[b][0]));
    for (const auto& [label, pixels] :
         {std::pair(b, own), std::pair(other, foreign)}) {
      EXPECT_FLOAT_EQ(mixed.targets[b][label].item<float>(),
                      pixels.to(at::kFloat).mean().item<float>());
    }
    EXPECT_FLOAT_EQ(mixed.targets[b].sum().item<float>(), 1);
  }
}

TEST(Mix, MixupBlendsImagesAndTargets) {
  const MixedBatch mixed =
      Mix(Plans({{0.7, {}}, {0.2, {}}}), Images(4), OneHot(4));
  const double lambda[] = {0.7, 0.7, 0.2, 0.2};
  for (int64_t b = 0; b < 4; ++b) {
    const int64_t other = b ^ 1;
    const auto pixel =
        static_cast<float>(lambda[b] * (b + 1) + (1 - lambda[b]) * (other + 1));
    EXPECT_NEAR(mixed.images[b].min().item<float>(), pixel, 1e-6);
    EXPECT_NEAR(mixed.images[b].max().item<float>(), pixel, 1e-6);
    EXPECT_FLOAT_EQ(mixed.targets[b][b].item<float>(), lambda[b]);
    EXPECT_FLOAT_EQ(mixed.targets[b][other].item<float>(), 1 - lambda[b]);
    EXPECT_FLOAT_EQ(mixed.targets[b].sum().item<float>(), 1);
  }
}

TEST(Mix, ALambdaOfOneChangesNothing) {
  const MixedBatch mixed = Mix(Plans({MixPlan()}), Images(2), OneHot(2));
  EXPECT_TRUE(mixed.images.equal(Images(2)));
  EXPECT_TRUE(mixed.targets.equal(OneHot(2)));
}

MixPlans Draw(const at::Tensor& index, int64_t repeats, uint64_t step = 0) {
  return DrawMixPlans(MixupSpec(), {/*seed=*/5, step}, index, repeats, 20, 30);
}

TEST(DrawMixPlans, NeighboursShareAPlanOfTheirOwn) {
  const MixPlans plans = Draw(at::tensor({7, 3, 9, 4, 6}, at::kLong), 1);
  EXPECT_EQ(plans.partner, (std::vector<int64_t>{1, 0, 3, 2, 4}));
  EXPECT_EQ(plans.plan[0].lambda, plans.plan[1].lambda);
  EXPECT_EQ(plans.plan[2].lambda, plans.plan[3].lambda);
  EXPECT_NE(plans.plan[0].lambda, plans.plan[2].lambda);
  EXPECT_EQ(plans.plan[4].lambda, 1);
  // Some rows are mixed as in the full batch; the next step differs.
  const MixPlans part = Draw(at::tensor({9, 4}, at::kLong), 1);
  EXPECT_EQ(part.plan[0].lambda, plans.plan[2].lambda);
  EXPECT_NE(Draw(at::tensor({9, 4}, at::kLong), 1, 1).plan[0].lambda,
            part.plan[0].lambda);
}

TEST(DrawMixPlans, CopiesOfAnImageAreMixedWithThoseOfAnother) {
  const MixPlans plans =
      Draw(at::tensor({7, 7, 7, 3, 3, 3, 9, 9, 9}, at::kLong), 3);
  EXPECT_EQ(plans.partner, (std::vector<int64_t>{3, 4, 5, 0, 1, 2, 6, 7, 8}));
  EXPECT_EQ(plans.plan[1].lambda, plans.plan[4].lambda);
  EXPECT_NE(plans.plan[0].lambda, plans.plan[1].lambda);
}

}  // namespace
}  // namespace caldera::data
