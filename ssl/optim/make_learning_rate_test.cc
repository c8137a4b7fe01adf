#include "ssl/optim/make_learning_rate.h"

#include <gtest/gtest.h>

#include "base/spec_fields.h"

namespace caldera::ssl {
namespace {

constexpr RunLength kRun{/*steps_per_epoch=*/10, /*total_steps=*/100,
                         /*batch_size=*/512};

OptimizerSpec Parse(const char* text) {
  OptimizerSpec spec;
  EXPECT_TRUE(base::ParseSpec(text, &spec));
  return spec;
}

TEST(MakeLearningRate, ScalesWithTheBatchWhereTheSpecSaysSo) {
  OptimizerSpec spec = Parse(
      "base_lr: 1e-3 min_lr: 1e-5 warmup_start_lr: 1e-4 warmup { epochs: 2 }");
  const LearningRateOptions scaled = MakeLearningRate(spec, kRun);
  EXPECT_DOUBLE_EQ(scaled.peak, 2e-3);
  EXPECT_DOUBLE_EQ(scaled.min, 2e-5);
  EXPECT_DOUBLE_EQ(scaled.warmup_start, 1e-4);
  EXPECT_DOUBLE_EQ(scaled.warmup_steps, 20);
  EXPECT_DOUBLE_EQ(scaled.total_steps, 100);
  spec.set_scale_lr_by_batch(false);
  EXPECT_DOUBLE_EQ(MakeLearningRate(spec, kRun).peak, 1e-3);
}

TEST(MakeLearningRate, EveryShapeActs) {
  const struct {
    const char* spec;
    double step, rate;
  } kTable[] = {
      {"warmup { steps: 20 }", 19, 0.95},
      {"warmup { steps: 20 }", 60, 0.5},
      {"lr_schedule: SOLO_COSINE warmup { steps: 20 }", 19, 1},
      {"lr_schedule: SOLO_COSINE", 0, 1},
      {"lr_schedule: SOLO_COSINE", 50, 0.5},
      {"lr_schedule: STEP lr_step { epochs: 3 } lr_step { share: 0.9 }", 29, 1},
      {"lr_schedule: STEP lr_step { epochs: 3 } lr_step { share: 0.9 }", 30,
       0.1},
      {"lr_schedule: STEP lr_step { epochs: 3 } lr_step { share: 0.9 }"
       " lr_step_factor: 0.5",
       90, 0.25},
      {"lr_schedule: CONSTANT", 99, 1},
  };
  for (const auto& row : kTable) {
    OptimizerSpec spec = Parse(row.spec);
    spec.set_base_lr(1);
    spec.set_scale_lr_by_batch(false);
    EXPECT_NEAR(LearningRate(MakeLearningRate(spec, kRun), row.step), row.rate,
                1e-15)
        << row.spec << " at " << row.step;
  }
}

}  // namespace
}  // namespace caldera::ssl
