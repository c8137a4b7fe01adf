// Decides when a run writes checkpoints, and which of them it keeps.
//
//   const CheckpointPlan plan = MakeCheckpointPlan(spec, run);
//   if (IsDue(plan, step)) ...                     // after `step` steps
//   StepsToRemove(plan, {10, 20, 30, 40}, 40);     // {10, 20} for keep_last 2
//
// All are pure functions of the steps: a resumed run decides as the first did.
#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_PLAN_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_PLAN_H_

#include <cstdint>
#include <vector>

#include "ssl/experiment/train.pb.h"
#include "ssl/schedule/duration.h"

namespace caldera::ssl {

struct CheckpointPlan {
  int64_t interval = 1;    // steps from one checkpoint to the next
  int64_t keep_every = 0;  // its multiples are kept for good; 0: none
  int64_t keep_last = 2;   // number of newest ones kept in any case
  int64_t total_steps = 1;
};

// Converts train.checkpoint_every, keep_every and keep_checkpoints to steps, at
// least 1.
CheckpointPlan MakeCheckpointPlan(const TrainSpec& spec, const RunLength& run);

// Returns true if a checkpoint is written after `step` steps: at each interval,
// at each step that is kept for good, and at the end.
bool IsDue(const CheckpointPlan& plan, int64_t step);

// Returns those of `steps`, the existing checkpoints, that are removed once
// `newest` is complete. Steps beyond `newest` are neither removed nor counted:
// they are damaged checkpoints that the run skipped, and they stay until it
// reaches them again.
std::vector<int64_t> StepsToRemove(const CheckpointPlan& plan,
                                   std::vector<int64_t> steps, int64_t newest);

// Returns the largest number of checkpoints that are on the disk at one time:
// those that are kept and the one being written.
int64_t MostCheckpoints(const CheckpointPlan& plan);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_PLAN_H_
