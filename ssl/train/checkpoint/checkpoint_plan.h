#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_PLAN_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_PLAN_H_

// When a run writes checkpoints, and which of them stay.
//
//   const CheckpointPlan plan = MakeCheckpointPlan(spec, run);
//   if (IsDue(plan, step)) ...                     // after `step` steps
//   StepsToRemove(plan, {10, 20, 30, 40}, 40);     // {10, 20} for keep_last 2
//
// Pure functions of the steps: a resumed run decides as the first did.

#include <cstdint>
#include <vector>

#include "ssl/experiment/train.pb.h"
#include "ssl/schedule/duration.h"

namespace caldera::ssl {

struct CheckpointPlan {
  int64_t interval = 1;    // steps from one checkpoint to the next
  int64_t keep_every = 0;  // those of its multiples stay for good; 0: none
  int64_t keep_last = 2;   // the newest so many stay in any case
  int64_t total_steps = 1;
};

// train.checkpoint_every, keep_every and keep_checkpoints in steps, at least 1.
CheckpointPlan MakeCheckpointPlan(const TrainSpec& spec, const RunLength& run);

// Whether one is written after `step` steps: at each interval, at what is kept
// for good, and at the end.
bool IsDue(const CheckpointPlan& plan, int64_t step);

// Which of `steps`, the checkpoints there are, go once `newest` is complete.
// Steps beyond `newest` neither go nor count: they are damaged ones that the
// run passed over, and stay until it gets there again.
std::vector<int64_t> StepsToRemove(const CheckpointPlan& plan,
                                   std::vector<int64_t> steps, int64_t newest);

// The most checkpoints on the disk at one time: those that stay and the one
// being written.
int64_t MostCheckpoints(const CheckpointPlan& plan);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_PLAN_H_
