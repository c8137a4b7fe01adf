// Writes a checkpoint so that a crash at any moment leaves the old or the new
// one.
//
//   absl::Status status = SaveCheckpoint(base::FileSystem::Real(),
//                                        "run/checkpoints", checkpoint, plan);
//
// The order is: the files of step_N.partial are written, checksummed meanwhile,
// and fsynced; the folder itself is fsynced and renamed to step_N; its parent
// is fsynced; the link `latest` is replaced; older checkpoints are renamed to
// step_M.partial and removed. So a step_N is complete and durable before an
// older one is removed, and whatever ends in .partial is the leftover of a
// crash.
#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_SAVE_CHECKPOINT_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_SAVE_CHECKPOINT_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "base/file_system.h"
#include "ssl/train/checkpoint/checkpoint.h"
#include "ssl/train/checkpoint/checkpoint_plan.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

// Returns FailedPrecondition, which names the tensor, if a number of `state` is
// NaN or infinite: every run that resumes from such a state would end. Tensors
// are contiguous and on the CPU; integers are always finite. Runs in one
// thread, at the speed of memory, since the concurrent training step needs the
// others.
absl::Status CheckFinite(const vit::StateDict& state);

// Writes `folder`/step_N, whose tensors are on the CPU, and removes the
// checkpoints that `plan` does not keep. An existing step_N is replaced: the
// run skipped it as damaged. Calls `before_commit` (none: nothing) before the
// rename; its error, or any error before it, leaves the older checkpoints
// unchanged and makes no step_N. Later failures (of the link, of removals) are
// named in the log only.
absl::Status SaveCheckpoint(
    base::FileSystem& files, const std::string& folder,
    const Checkpoint& checkpoint, const CheckpointPlan& plan,
    const std::function<absl::Status()>& before_commit = nullptr);

// Checks before training what can be checked then: makes `folder`, removes the
// leftovers of crashes in it, writes a small file, and compares the free space
// of the disk with the need of MostCheckpoints(plan) checkpoints of `bytes`
// bytes, less the existing ones. Returns ResourceExhausted with both numbers,
// or the errors of base::FileError.
absl::Status PrepareCheckpoints(base::FileSystem& files,
                                const std::string& folder, uint64_t bytes,
                                const CheckpointPlan& plan);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_SAVE_CHECKPOINT_H_
