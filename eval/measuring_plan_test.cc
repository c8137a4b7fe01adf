#include "eval/measuring_plan.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "eval/features/labelled_images_testing.h"
#include "eval/features/tiny_encoder_testing.h"

namespace caldera::eval {
namespace {

constexpr int64_t kUnbounded = std::numeric_limits<int64_t>::max();
constexpr int64_t kGigabyte = 1'000'000'000;

// Of grey images, which are never read.
EvaluationSets Sets(int64_t train, int64_t test) {
  return {std::make_shared<LabelledImages>(train),
          std::make_shared<LabelledImages>(test), LabelledImages::kClasses};
}

vit::EncoderSpec LargeEncoder() {
  vit::EncoderSpec spec = TinyEncoderSpec();
  spec.set_image_size(224);
  spec.set_patch_size(16);
  spec.set_embed_dim(768);
  spec.set_depth(12);
  spec.set_num_heads(12);
  return spec;
}

EncoderMeasuring PlanThree(const EvaluationSets& sets, const EvalSpec& spec,
                           int64_t budget) {
  return PlanEncoder(sets, LargeEncoder(), std::vector<Readout>(3), spec,
                     Tasks{}, at::kCPU, budget);
}

TEST(MeasuringPlan, WhatFitsStaysAsItIs) {
  const auto sets = Sets(1'280'000, 50'000);
  const EvalSpec spec;
  const auto encoder = PlanThree(sets, spec, kUnbounded);
  EXPECT_EQ(encoder.readouts, 3);
  EXPECT_EQ(encoder.batch_size, 512);
  EXPECT_EQ(encoder.at_once, 512);
  const auto again = PlanThree(sets, spec, encoder.bytes);
  EXPECT_EQ(again.readouts, 3);
  EXPECT_EQ(again.batch_size, 512);
  const auto pixels = PlanPixels(sets, 224, spec, Tasks{}, kUnbounded);
  EXPECT_EQ(pixels.side, 224);
  // The pixels are there once.
  const int64_t matrix = int64_t{4} * 1'330'000 * 224 * 224;
  EXPECT_GT(pixels.bytes, matrix);
  EXPECT_LT(pixels.bytes, matrix + matrix / 50);
}

TEST(MeasuringPlan, WideReadoutsNeedTheirWidth) {
  const auto sets = Sets(1'280'000, 50'000);
  const auto bytes = [&](const EvalSpec& spec) {
    return PlanEncoder(sets, LargeEncoder(), *ReadoutsOf(spec, LargeEncoder()),
                       spec, Tasks{}, at::kCPU, kUnbounded)
        .bytes;
  };
  const int64_t feature = int64_t{4} * 1'330'000 * 768;
  EvalSpec quarters;
  quarters.add_readout()->set_feature("QUADRANTS");
  EXPECT_GE(bytes(quarters), bytes(EvalSpec()) + 3 * feature);
  EvalSpec two;
  two.add_readout()->add_block(3);
  two.mutable_readout(0)->add_block(11);
  EXPECT_GE(bytes(two), bytes(EvalSpec()) + feature);
}

TEST(MeasuringPlan, FewerReadoutsThenSmallerBatches) {
  const auto sets = Sets(1'280'000, 50'000);
  const EvalSpec spec;
  const auto all = PlanThree(sets, spec, kUnbounded);
  const auto some = PlanThree(sets, spec, all.bytes - 1);
  EXPECT_EQ(some.readouts, 2);
  EXPECT_EQ(some.batch_size, 512);
  EXPECT_LT(some.bytes, all.bytes);
  const auto few = PlanThree(sets, spec, 5 * kGigabyte);
  EXPECT_EQ(few.readouts, 1);
  EXPECT_LT(few.batch_size, 512);
  EXPECT_EQ(few.at_once, few.batch_size);
  EXPECT_LE(few.bytes, 5 * kGigabyte);
  // 4.1 GB of features.
  const auto none = PlanThree(sets, spec, 4 * kGigabyte);
  EXPECT_EQ(none.readouts, 0);
  EXPECT_GT(none.bytes, 4 * kGigabyte);
}

TEST(MeasuringPlan, PixelsShrinkToTheLargestSideThatFits) {
  const auto sets = Sets(1'280'000, 50'000);
  const EvalSpec spec;
  int64_t last = 224;
  for (const int64_t gigabytes : {200, 50, 10, 4, 1}) {
    const auto plan =
        PlanPixels(sets, 224, spec, Tasks{}, gigabytes * kGigabyte);
    EXPECT_LT(plan.side, last);
    EXPECT_GE(plan.side, 8);
    EXPECT_EQ(plan.side % 8, 0);
    EXPECT_LE(plan.bytes, gigabytes * kGigabyte);
    const auto next =
        PlanPixels(sets, plan.side + 8, spec, Tasks{}, gigabytes * kGigabyte);
    EXPECT_EQ(next.side, plan.side) << "a larger side fits too";
    last = plan.side;
  }
  const auto none = PlanPixels(sets, 224, spec, Tasks{}, kGigabyte / 10);
  EXPECT_EQ(none.side, 0);
  EXPECT_GT(none.bytes, 4 * 1'330'000 * 64);
  // Images below 8 pixels are not shrunk.
  EXPECT_EQ(PlanPixels(sets, 6, spec, Tasks{}, kGigabyte).side, 6);
}

TEST(MeasuringPlan, CountsHeadsOfManyClassesAndTheirBatches) {
  auto sets = Sets(20'000, 2'000);
  EvalSpec spec;
  spec.set_batch_size(16);  // of images, which would hide the rest
  const int64_t few = PlanThree(sets, spec, kUnbounded).bytes;
  sets.num_classes =
      20'000;  // L-BFGS keeps 40 copies of 768 x 20,000 in double
  EXPECT_GT(PlanThree(sets, spec, kUnbounded).bytes, few + 4 * kGigabyte);

  sets.num_classes = 10;
  spec.mutable_linear()->set_recipe("MAE");
  const int64_t plain = PlanThree(sets, spec, kUnbounded).bytes;
  // A batch of 16,384 x 196 patches of 768 numbers, in parts and joined.
  spec.mutable_linear()->mutable_attention_pooling();
  const int64_t pooled = PlanThree(sets, spec, kUnbounded).bytes;
  EXPECT_GT(pooled, plain + 50 * kGigabyte);
  // The patches of all training images.
  spec.mutable_linear()->mutable_heads()->set_images(HeadsSpec::CACHED);
  EXPECT_GT(PlanThree(sets, spec, kUnbounded).bytes, pooled + 30 * kGigabyte);
}

TEST(MeasuringPlan, AGpuHoldsTheActivations) {
  const auto sets = Sets(1000, 1000);
  const auto plan = [&](const at::Device& device) {
    return PlanEncoder(sets, LargeEncoder(), {Readout()}, {}, Tasks{}, device,
                       kUnbounded)
        .bytes;
  };
  EXPECT_GT(plan(at::kCPU), 4 * plan(at::kCUDA));
}

TEST(MeasuringPlan, DiagnosticsTakeFewerViewsThenFewerImages) {
  const auto plan = [](int64_t budget) {
    return PlanDiagnosis(10'000, LargeEncoder(), 13, 0, {}, at::kCPU, budget);
  };
  const auto all = plan(kUnbounded);
  EXPECT_EQ(all.images, 10'000);
  EXPECT_EQ(all.views, 13);
  EXPECT_EQ(all.batch_size, 512);
  const auto fewer = plan(all.bytes - 1);
  EXPECT_EQ(fewer.images, 10'000);
  const auto few = plan(kGigabyte / 2);
  EXPECT_LT(few.images, 10'000);
  EXPECT_GE(few.images, 1000);
  EXPECT_LE(few.bytes, kGigabyte / 2);
  EXPECT_EQ(plan(1000).images, 0);
}

TEST(MeasuringBudget, IsTheSpecsOrHalfOfWhatIsFree) {
  EvalSpec spec;
  EXPECT_GT(MeasuringBudget(spec), 0);
  EXPECT_LT(MeasuringBudget(spec), int64_t{1} << 50);
  spec.set_memory_gb(2.5);
  EXPECT_EQ(MeasuringBudget(spec), 2'500'000'000);
  EXPECT_EQ(TooLarge(12'340'000'000, 2'500'000'000, spec),
            "needs 12.3 GB, but eval.memory_gb leaves 2.5 GB to measuring; "
            "set eval.memory_gb higher");
  spec.set_memory_gb(1e300);
  EXPECT_EQ(MeasuringBudget(spec), kUnbounded);
}

}  // namespace
}  // namespace caldera::eval
