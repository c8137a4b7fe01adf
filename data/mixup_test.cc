#include "data/mixup.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace caldera::data {
namespace {

TEST(DrawMixPlan, CutsTheAreaOfItsLambda) {
  MixupSpec spec;
  spec.set_mixup_alpha(0);
  double sum = 0;
  for (int i = 0; i < 5000; ++i) {
    RandomStream stream(1, "test", 0, i);
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
      RandomStream stream(1, "test", 0, i);
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
    RandomStream stream(1, "test", 0, i);
    const MixPlan plan = DrawMixPlan(spec, 64, 64, stream);
    mixup += plan.lambda < 1 && plan.cut.height == 0;
    cut += plan.cut.height > 0;
  }
  EXPECT_NEAR(mixup / 1e4, 0.42, 0.025);
  EXPECT_NEAR(cut / 1e4, 0.28, 0.025);  // a few are too small to cut a pixel
  spec.set_mixup_alpha(0);
  spec.set_cutmix_alpha(0);
  RandomStream stream(1, "test", 0, 0);
  EXPECT_EQ(DrawMixPlan(spec, 64, 64, stream).lambda, 1);
}

// Image b is all b; so a pixel tells where it came from.
at::Tensor Images() {
  return at::arange(4, at::kFloat).view({4, 1, 1, 1}) * at::ones({4, 2, 6, 5});
}

TEST(Mix, CutMixLabelsAreTheShareOfPixels) {
  const MixPlan plan{1 - 6 / 30.0, {1, 2, 3, 2}};
  const at::Tensor labels = at::tensor({0, 1, 2, 0}, at::kLong);
  const MixedBatch mixed = Mix(plan, Images(), labels, 3, 0);
  for (int64_t b = 0; b < 4; ++b) {
    const at::Tensor foreign = mixed.images[b][0] == 3 - b;  // [6, 5]
    EXPECT_EQ(foreign.sum().item<int64_t>(), 6);
    EXPECT_TRUE(foreign.narrow(0, 1, 3).narrow(1, 2, 2).all().item<bool>());
  }
  const float e = 0.2f, k = 0.8f;
  const at::Tensor expected =
      at::tensor({1.f, 0.f, 0.f, 0.f, k, e, 0.f, e, k, 1.f, 0.f, 0.f})
          .view({4, 3});
  EXPECT_LT((mixed.targets - expected).abs().max().item<float>(), 1e-6);
}

TEST(Mix, MixupBlendsImagesAndLabels) {
  const at::Tensor labels = at::tensor({0, 1, 2, 4}, at::kLong);
  const MixedBatch mixed = Mix({0.7, {}}, Images(), labels, 5, 0.1);
  for (int64_t b = 0; b < 4; ++b) {
    EXPECT_NEAR(mixed.images[b].min().item<float>(), 0.7 * b + 0.3 * (3 - b),
                1e-6);
    EXPECT_NEAR(mixed.targets[b].sum().item<float>(), 1, 1e-6);
  }
  EXPECT_NEAR(mixed.targets[0][0].item<float>(), 0.9 * 0.7 + 0.02, 1e-6);
  EXPECT_NEAR(mixed.targets[0][4].item<float>(), 0.9 * 0.3 + 0.02, 1e-6);
  EXPECT_NEAR(mixed.targets[0][1].item<float>(), 0.02, 1e-6);
}

TEST(Mix, WithoutMixingOnlySmooths) {
  const at::Tensor labels = at::tensor({0, 1, 1, 0}, at::kLong);
  const at::Tensor images = Images();
  const MixedBatch mixed = Mix({}, images, labels, 2, 0.2);
  EXPECT_TRUE(at::equal(mixed.images, images));
  EXPECT_NEAR(mixed.targets[1][1].item<float>(), 0.9, 1e-6);
  EXPECT_NEAR(mixed.targets[1][0].item<float>(), 0.1, 1e-6);
}

}  // namespace
}  // namespace caldera::data
