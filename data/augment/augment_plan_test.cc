#include "data/augment/augment_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/spec_fields.h"
#include "data/augment/augment_plan_testing.h"

namespace caldera::data {
namespace {

TEST(DrawAugmentPlan, FlipsWithItsProbability) {
  for (const double probability : {0.0, 0.3, 1.0}) {
    AugmentSpec spec;
    spec.set_horizontal_flip(probability);
    int flips = 0;
    for (int i = 0; i < 10000; ++i) {
      base::RandomStream stream(1, "test", 0, i);
      const AugmentPlan plan =
          DrawAugmentPlan(Augmentation(spec), 28, 28, {28}, stream);
      EXPECT_TRUE(plan.ops.empty());
      flips += plan.flip;
    }
    // Five standard errors; exactly none and all at the ends.
    EXPECT_NEAR(flips / 1e4, probability,
                5 * std::sqrt(probability * (1 - probability) / 1e4));
  }
}

TEST(DrawAugmentPlan, FlipDoesNotDependOnTheCrop) {
  AugmentSpec plain, crop;
  crop.mutable_random_resized_crop();
  for (int i = 0; i < 100; ++i) {
    base::RandomStream a(1, "test", 0, i), b(1, "test", 0, i);
    EXPECT_EQ(DrawAugmentPlan(Augmentation(plain), 28, 28, {28}, a).flip,
              DrawAugmentPlan(Augmentation(crop), 28, 28, {28}, b).flip);
  }
}

TEST(DrawAugmentPlan, CropsHaveTheirDistribution) {
  AugmentSpec spec;
  spec.mutable_random_resized_crop()->set_min_scale(0.2);
  spec.mutable_random_resized_crop()->set_max_scale(0.5);
  constexpr int kCount = 20000;
  double area = 0, log_ratio = 0, top = 0, left = 0;
  for (int i = 0; i < kCount; ++i) {
    base::RandomStream stream(1, "test", 0, i);
    const Rectangle plan =
        DrawAugmentPlan(Augmentation(spec), 400, 400, {224}, stream).crop;
    ASSERT_GE(plan.top, 0);
    ASSERT_GE(plan.left, 0);
    ASSERT_LE(plan.top + plan.height, 400);
    ASSERT_LE(plan.left + plan.width, 400);
    const double share = plan.height * plan.width / 160000.0;
    const double ratio = static_cast<double>(plan.width) / plan.height;
    ASSERT_NEAR(share, 0.35, 0.155);  // in [0.2, 0.5] up to rounding
    ASSERT_GT(ratio, 0.74);
    ASSERT_LT(ratio, 1.35);
    area += share;
    log_ratio += std::log(ratio);
    top += plan.top / (400.0 - plan.height);
    left += plan.left / (400.0 - plan.width);
  }
  // Every draw fits, so area is uniform and the ratio log-uniform. Tolerances
  // are five standard errors, and a little for rounding to pixels.
  const double root = std::sqrt(12.0 * kCount);
  EXPECT_NEAR(area / kCount, 0.35, 5 * 0.3 / root + 1e-4);
  EXPECT_NEAR(log_ratio / kCount, 0, 5 * 2 * std::log(4. / 3) / root + 1e-4);
  EXPECT_NEAR(top / kCount, 0.5, 5 / root + 1e-3);
  EXPECT_NEAR(left / kCount, 0.5, 5 / root + 1e-3);
}

TEST(DrawAugmentPlan, FallsBackToTheCentre) {
  AugmentSpec spec;
  RandomResizedCropSpec& crop = *spec.mutable_random_resized_crop();
  crop.set_min_scale(1);  // never fits an image this long
  base::RandomStream stream(1, "test", 0, 0);
  Rectangle plan =
      DrawAugmentPlan(Augmentation(spec), 30, 300, {8}, stream).crop;
  EXPECT_EQ(plan.height, 30);
  EXPECT_EQ(plan.width, 40);
  EXPECT_EQ(plan.left, 130);
  plan = DrawAugmentPlan(Augmentation(spec), 300, 30, {8}, stream).crop;
  EXPECT_EQ(plan.height, 40);
  EXPECT_EQ(plan.width, 30);
  EXPECT_EQ(plan.top, 130);
  // The smallest image and a ratio that it cannot have.
  crop.set_min_ratio(3);
  crop.set_max_ratio(4);
  plan = DrawAugmentPlan(Augmentation(spec), 1, 1, {8}, stream).crop;
  EXPECT_EQ(plan.height, 1);
  EXPECT_EQ(plan.width, 1);
}

// torchvision: Resize(32), pad 4, a square of 32 out of 40 x 60.
TEST(DrawAugmentPlan, RandomCropReachesEveryPlace) {
  AugmentSpec spec;
  spec.mutable_random_crop();
  std::set<int64_t> tops, lefts;
  for (int i = 0; i < 2000; ++i) {
    base::RandomStream stream(1, "test", 0, i);
    const AugmentPlan plan =
        DrawAugmentPlan(Augmentation(spec), 64, 105, {32}, stream);
    EXPECT_EQ(plan.resized_height, 32);
    EXPECT_EQ(plan.resized_width, 52);  // 52.5 is cut off
    EXPECT_EQ(plan.crop.width, 105);
    tops.insert(plan.top);
    lefts.insert(plan.left);
  }
  EXPECT_EQ(tops.size(), 9);
  EXPECT_EQ(*tops.begin(), -4);
  EXPECT_EQ(*tops.rbegin(), 4);
  EXPECT_EQ(lefts.size(), 29);
  EXPECT_EQ(*lefts.begin(), -4);
  EXPECT_EQ(*lefts.rbegin(), 24);
}

TEST(DrawAugmentPlan, CenterCropIsEvaluations) {
  AugmentSpec spec;
  spec.mutable_center_crop();
  spec.set_horizontal_flip(0);
  base::RandomStream stream(1, "test", 0, 0);
  const AugmentPlan plan =
      DrawAugmentPlan(Augmentation(spec), 375, 500, {224}, stream);
  EXPECT_EQ(plan.resized_height, 256);
  EXPECT_EQ(plan.resized_width, 341);
  EXPECT_EQ(plan.top, 16);
  EXPECT_EQ(plan.left, 58);  // 58.5: Python rounds halves to even
  const ViewBox box = BoxOf(plan, 224);
  EXPECT_DOUBLE_EQ(box.top, 16 * 375. / 256);
  EXPECT_DOUBLE_EQ(box.left, 58 * 500. / 341);
  EXPECT_DOUBLE_EQ(box.height, 224 * 375. / 256);
  EXPECT_DOUBLE_EQ(box.width, 224 * 500. / 341);
}

TEST(BoxOf, IsTheCropWhereNothingIsCut) {
  AugmentSpec spec;
  spec.mutable_random_resized_crop();
  base::RandomStream stream(1, "test", 0, 0);
  const AugmentPlan plan =
      DrawAugmentPlan(Augmentation(spec), 40, 50, {8}, stream);
  const ViewBox box = BoxOf(plan, 8);
  EXPECT_EQ(box.top, plan.crop.top);
  EXPECT_EQ(box.left, plan.crop.left);
  EXPECT_EQ(box.height, plan.crop.height);
  EXPECT_EQ(box.width, plan.crop.width);
}

TEST(DrawAugmentPlan, OperationsHaveTheTargetsFill) {
  AugmentSpec spec;
  ASSERT_TRUE(base::ParseSpec("rand_augment { probability: 1 }", &spec));
  base::RandomStream stream(1, "test", 0, 0);
  const AugmentPlan plan =
      DrawAugmentPlan(Augmentation(spec), 40, 50, {8, Fill{1, 2, 3}}, stream);
  ASSERT_EQ(plan.ops.size(), 2);
  for (const PixelOp& op : plan.ops) EXPECT_EQ(op.fill, (Fill{1, 2, 3}));
}

TEST(AugmentStream, DiffersByEveryArgument) {
  std::set<uint64_t> seen;
  for (const int64_t seed : {0, 1}) {
    for (const int64_t epoch : {0, 1}) {
      for (const int64_t index : {0, 1}) {
        for (const int64_t view : {0, 1}) {
          for (const int64_t repeat : {0, 1}) {
            seen.insert(
                AugmentStream(seed, epoch, index, view, repeat).NextU64());
          }
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), 32);
  // The first view's is the plain stream of the image.
  EXPECT_EQ(AugmentStream(3, 4, 5, 0).NextU64(),
            base::RandomStream(3, "augment", 4, 5).NextU64());
}

TEST(FillOf, RoundsTheMean) {
  EXPECT_EQ(FillOf({0.485, 0.456, 0.406}), (Fill{124, 116, 104}));
  EXPECT_EQ(FillOf({0.286}), (Fill{73, 73, 73}));
}

}  // namespace
}  // namespace caldera::data
