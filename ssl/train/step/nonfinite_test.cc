// A loss or a gradient that is not finite leaves no trace.
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/train/step/nonfinite_guard.h"
#include "ssl/train/step/train_step.h"
#include "ssl/train/step/train_step_testing.h"

namespace caldera::ssl {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

DeviceBatch Poisoned(const DeviceBatch& batch) {
  DeviceBatch poisoned = batch;
  for (at::Tensor& view : poisoned.views) view = view * kNan;
  return poisoned;
}

Experiment Clipped(Experiment experiment, double norm) {
  experiment.mutable_optimizer()->set_clip_grad_norm(norm);
  return experiment;
}

LearnerOptions Skipping() {
  LearnerOptions options;
  options.on_nonfinite = OnNonfinite::kSkip;
  return options;
}

// Weights, moments, running statistics and EMA teachers keep their bits, and
// the run goes on as if the step had not happened.
TEST(Nonfinite, ASkippedStepLeavesNothing) {
  for (const auto& [name, method] : TinyMethods()) {
    for (const double clip : {0.0, 1.0}) {
      SCOPED_TRACE(name);
      const Experiment experiment = Clipped(method, clip);
      const DeviceBatch batch = TinyBatchOf(experiment, 8, at::kFloat);
      TinyStep tiny(experiment, at::kFloat, Skipping());
      TinyStep calm(experiment, at::kFloat, Skipping());
      ASSERT_TRUE(tiny.Run(batch, 0).ok());
      ASSERT_TRUE(calm.Run(batch, 0).ok());
      const vit::StateDict before = tiny.State();
      const auto skipped = tiny.Run(Poisoned(batch), 1);
      ASSERT_TRUE(skipped.ok()) << skipped.status();
      EXPECT_FALSE(std::isfinite(skipped->loss.total.item<double>()));
      EXPECT_EQ(skipped->loss.diagnostics.back().first, "skipped");
      EXPECT_EQ(skipped->loss.diagnostics.back().second, 1);
      ExpectClose(tiny.State(), before, 0);
      EXPECT_EQ(skipped->embedding.abs().max().item<double>(), 0);
      ASSERT_TRUE(tiny.Run(batch, 2).ok());
      ASSERT_TRUE(calm.Run(batch, 2).ok());
      ExpectClose(tiny.State(), calm.State(), 0);
    }
  }
}

TEST(Nonfinite, StopNamesTheStepAndTheTermsAndKeepsTheWeights) {
  const Experiment experiment = TinyMethods().at("mu_mae");
  const DeviceBatch batch = TinyBatchOf(experiment, 8, at::kFloat);
  TinyStep tiny(experiment, at::kFloat);
  ASSERT_TRUE(tiny.Run(batch, 6).ok());
  const vit::StateDict before = tiny.State();
  const auto stopped = tiny.Run(Poisoned(batch), 7);
  ASSERT_FALSE(stopped.ok());
  const std::string error(stopped.status().message());
  EXPECT_THAT(error, HasSubstr("is not finite at step 7 (loss nan, "));
  EXPECT_THAT(error, HasSubstr("reconstruction nan x 1, magma nan x 1, "
                               "uniformity nan x 0.5, gradient's norm nan)"));
  EXPECT_THAT(error, HasSubstr("--on_nonfinite=skip"));
  ExpectClose(tiny.State(), before, 0);
}

// The loss is finite, one gradient is not.
TEST(Nonfinite, AGradientCountsAsALoss) {
  for (const double bad : {kNan, std::numeric_limits<double>::infinity()}) {
    for (const double clip : {0.0, 1.0}) {
      const Experiment experiment = Clipped(TinyMae(), clip);
      const DeviceBatch batch = TinyBatchOf(experiment, 8, at::kFloat);
      TinyStep tiny(experiment, at::kFloat);
      const at::Tensor bias =
          tiny.method->NamedState().at("blocks.1.attn.proj.bias");
      bool poison = false;
      bias.register_hook([&](const at::Tensor& gradient) -> at::Tensor {
        return poison ? gradient + bad : gradient;
      });
      ASSERT_TRUE(tiny.Run(batch, 0).ok());
      const vit::StateDict before = tiny.State();
      poison = true;
      const auto stopped = tiny.Run(batch, 1);
      ASSERT_FALSE(stopped.ok());
      const std::string error(stopped.status().message());
      EXPECT_THAT(error, HasSubstr("is not finite at step 1 (loss "));
      EXPECT_THAT(error, Not(HasSubstr("reconstruction nan")));
      ExpectClose(tiny.State(), before, 0);
    }
  }
}

TEST(Nonfinite, SkippingEndsAfterTooManyInARow) {
  const Experiment experiment = TinyMae();
  const DeviceBatch batch = TinyBatchOf(experiment, 8, at::kFloat);
  TinyStep tiny(experiment, at::kFloat, Skipping());
  int64_t step = 0;
  for (int row = 0; row < 3; ++row) {
    for (int i = 1; i < NonfiniteGuard::kMostInARow; ++i) {
      ASSERT_TRUE(tiny.Run(Poisoned(batch), step++).ok());
    }
    ASSERT_TRUE(tiny.Run(batch, step++).ok());
  }
  for (int i = 1; i < NonfiniteGuard::kMostInARow; ++i) {
    ASSERT_TRUE(tiny.Run(Poisoned(batch), step++).ok());
  }
  const auto stopped = tiny.Run(Poisoned(batch), step);
  ASSERT_FALSE(stopped.ok());
  EXPECT_THAT(
      std::string(stopped.status().message()),
      HasSubstr("was not finite in 10 steps in a row, the last of them " +
                std::to_string(step)));
}

// On a GPU, where nobody checks between logged steps, the optimizer itself
// skips the step, and a later Check reports it.
TEST(NonfiniteGuard, JudgesWithoutBeingAsked) {
  NonfiniteGuard guard(OnNonfinite::kStop, at::kCPU);
  const at::Tensor one = at::ones({}), nan = one * kNan;
  const auto judge = [&](int64_t step, const at::Tensor& loss,
                         const at::Tensor& norm) {
    guard.SetStep(step);
    return guard.Judge(loss, norm).item<float>();
  };
  EXPECT_EQ(judge(0, one, one), 0);
  EXPECT_TRUE(guard.Check().ok());
  EXPECT_EQ(judge(1, nan, one), 1);
  EXPECT_EQ(judge(2, one, one / 0), 1);
  EXPECT_EQ(judge(3, one, one), 0);
  EXPECT_EQ(guard.skipped(), 2);
  EXPECT_THAT(std::string(guard.Check().message()),
              HasSubstr("not finite at step 2"));
  EXPECT_TRUE(guard.Check().ok());  // it was reported already
}

// A run that skipped steps resumes with kStop: the old counts are not its own.
TEST(NonfiniteGuard, ARestoredCountIsNoNews) {
  NonfiniteGuard before(OnNonfinite::kSkip, at::kCPU);
  before.SetStep(4);
  before.Judge(at::ones({}) * kNan, at::ones({}));
  NonfiniteGuard after(OnNonfinite::kStop, at::kCPU);
  after.State()
      .at(NonfiniteGuard::kState)
      .copy_(before.State().at(NonfiniteGuard::kState));
  after.SetStep(5);
  after.Judge(at::ones({}), at::ones({}));
  EXPECT_TRUE(after.Check().ok());
  EXPECT_EQ(after.skipped(), 1);
}

}  // namespace
}  // namespace caldera::ssl
