// Steps hold no more memory than the ones before them.
#include <gtest/gtest.h>

#include <string>

#include "ssl/objective/tiny_methods_testing.h"
#include "ssl/train/monitor/memory_use.h"
#include "ssl/train/step/train_step.h"
#include "ssl/train/step/train_step_testing.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kFirst = 20;  // the libraries are set up by then
constexpr int64_t kLast = 220;
// malloc's caches of a thread grow and shrink. A tensor of one number that
// every step leaks is twice that.
constexpr int64_t kSlack = 32 << 10;

class MemoryGrowthTest : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Methods, MemoryGrowthTest,
                         testing::ValuesIn(TinyMethodNames()));

TEST_P(MemoryGrowthTest, StepsLeaveNothingBehind) {
  const Experiment experiment = TinyMethods().at(GetParam());
  LearnerOptions options;
  options.thread_slices = 2;
  TinyStep tiny(experiment, at::kFloat, options);
  const DeviceBatch batch = TinyBatchOf(experiment, 8, at::kFloat);
  int64_t before = 0;
  for (int64_t number = 0; number < kLast; ++number) {
    if (number == kFirst) before = LiveMemory(at::kCPU);
    const auto result =
        TrainStep(*tiny.learner, batch, {0, static_cast<uint64_t>(number)},
                  number, /*with_diagnostics=*/false);
    ASSERT_TRUE(result.ok()) << result.status();
  }
  EXPECT_LT(LiveMemory(at::kCPU) - before, kSlack);
}

}  // namespace
}  // namespace caldera::ssl
