#include "ssl/train/checkpoint/checkpoint_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace caldera::ssl {
namespace {

const RunLength kRun{/*steps_per_epoch=*/10, /*total_steps=*/100,
                     /*batch_size=*/4};

TEST(CheckpointPlan, DurationsBecomeSteps) {
  TrainSpec spec;
  CheckpointPlan plan = MakeCheckpointPlan(spec, kRun);
  EXPECT_EQ(plan.interval, 100);
  EXPECT_EQ(plan.keep_every, 0);
  EXPECT_EQ(plan.keep_last, 2);
  spec.mutable_checkpoint_every()->set_share(0.25);
  spec.mutable_keep_every()->set_epochs(3);
  spec.set_keep_checkpoints(5);
  plan = MakeCheckpointPlan(spec, kRun);
  EXPECT_EQ(plan.interval, 25);
  EXPECT_EQ(plan.keep_every, 30);
  EXPECT_EQ(plan.keep_last, 5);
  spec.mutable_checkpoint_every()->set_examples(1);
  spec.mutable_keep_every()->set_epochs(1e300);
  plan = MakeCheckpointPlan(spec, kRun);
  EXPECT_EQ(plan.interval, 1);
  EXPECT_GT(plan.keep_every, kRun.total_steps);
}

TEST(CheckpointPlan, DueAtIntervalsAtWhatStaysAndAtTheEnd) {
  const CheckpointPlan plan{/*interval=*/25, /*keep_every=*/30,
                            /*keep_last=*/1, /*total_steps=*/110};
  std::vector<int64_t> due;
  for (int64_t step = 1; step <= plan.total_steps; ++step) {
    if (IsDue(plan, step)) due.push_back(step);
  }
  EXPECT_EQ(due, (std::vector<int64_t>{25, 30, 50, 60, 75, 90, 100, 110}));
}

TEST(CheckpointPlan, TheNewestAndWhatStaysForGoodRemain) {
  CheckpointPlan plan{10, 0, 2, 100};
  using Steps = std::vector<int64_t>;
  EXPECT_EQ(StepsToRemove(plan, {10, 20, 30, 40}, 40), (Steps{20, 10}));
  EXPECT_EQ(StepsToRemove(plan, {40}, 40), Steps{});
  // 50 is beyond the newest: it is damaged and was skipped.
  EXPECT_EQ(StepsToRemove(plan, {10, 20, 30, 50}, 30), Steps{10});
  plan.keep_every = 20;
  EXPECT_EQ(StepsToRemove(plan, {10, 20, 30, 40, 50, 60}, 60), (Steps{30, 10}));
}

// Counts by walking through the run.
TEST(CheckpointPlan, MostCheckpointsIsNotExceeded) {
  for (const CheckpointPlan& plan :
       {CheckpointPlan{10, 0, 2, 100}, CheckpointPlan{100, 0, 2, 100},
        CheckpointPlan{10, 20, 1, 100}, CheckpointPlan{50, 0, 5, 100},
        CheckpointPlan{7, 30, 3, 100}}) {
    std::vector<int64_t> there;
    int64_t most = 0;
    for (int64_t step = 1; step <= plan.total_steps; ++step) {
      if (!IsDue(plan, step)) continue;
      there.push_back(step);
      most = std::max<int64_t>(most, there.size());
      for (const int64_t gone : StepsToRemove(plan, there, step)) {
        there.erase(std::find(there.begin(), there.end(), gone));
      }
    }
    EXPECT_LE(most, MostCheckpoints(plan));
    EXPECT_LE(MostCheckpoints(plan),
              most + (plan.keep_every > 0 ? plan.keep_last + 1 : 0));
  }
}

}  // namespace
}  // namespace caldera::ssl
