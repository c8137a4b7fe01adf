#include "ssl/train/checkpoint/checkpoint_plan.h"

#include <algorithm>

namespace caldera::ssl {
namespace {

bool StaysForGood(const CheckpointPlan& plan, int64_t step) {
  return plan.keep_every > 0 && step % plan.keep_every == 0;
}

}  // namespace

CheckpointPlan MakeCheckpointPlan(const TrainSpec& spec, const RunLength& run) {
  CheckpointPlan plan;
  plan.interval = WholeSteps(spec.checkpoint_every(), run, run.total_steps);
  plan.keep_every = WholeSteps(spec.keep_every(), run, 0);
  plan.keep_last = spec.keep_checkpoints();
  plan.total_steps = run.total_steps;
  return plan;
}

bool IsDue(const CheckpointPlan& plan, int64_t step) {
  return step % plan.interval == 0 || StaysForGood(plan, step) ||
         step == plan.total_steps;
}

std::vector<int64_t> StepsToRemove(const CheckpointPlan& plan,
                                   std::vector<int64_t> steps, int64_t newest) {
  std::sort(steps.rbegin(), steps.rend());
  std::vector<int64_t> gone;
  int64_t kept = 0;
  for (const int64_t step : steps) {
    if (step > newest) continue;
    if (kept < plan.keep_last) {
      ++kept;
    } else if (!StaysForGood(plan, step)) {
      gone.push_back(step);
    }
  }
  return gone;
}

int64_t MostCheckpoints(const CheckpointPlan& plan) {
  const int64_t for_good =
      plan.keep_every > 0 ? plan.total_steps / plan.keep_every : 0;
  const int64_t written =
      (plan.total_steps + plan.interval - 1) / plan.interval + for_good;
  return std::min(written, plan.keep_last + 1 + for_good);
}

}  // namespace caldera::ssl
