// Writes a checkpoint so that a crash at any moment leaves the old or the new.
//
//   absl::Status status = SaveCheckpoint(base::FileSystem::Real(),
//                                        "run/checkpoints", checkpoint, plan);
//
// In this order: the files of step_N.partial, each written, checksummed as it
// is written, and fsynced; the folder itself fsynced; renamed to step_N; the
// parent fsynced; the link `latest` replaced; older checkpoints renamed to
// step_M.partial and removed. So a step_N is complete and durable before an
// older one goes, and whatever ends in .partial is a crash's leftover.
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

// FailedPrecondition, naming the tensor, where a number of `state` is NaN or
// infinite: every run that goes on from such a state would end. Tensors are
// contiguous and on the CPU; integers are always finite. Runs in one thread, at
// the speed of memory, since the step beside it needs the others.
absl::Status CheckFinite(const vit::StateDict& state);

// Writes `folder`/step_N of CPU tensors and removes what `plan` does not keep.
// A step_N that is there is replaced: the run passed it over as damaged.
// `before_commit` (none: nothing) is called before the rename; its error, or
// any until then, leaves the older checkpoints as they are and no step_N.
// Failures after it (of the link, of removing) are named in the log only.
absl::Status SaveCheckpoint(
    base::FileSystem& files, const std::string& folder,
    const Checkpoint& checkpoint, const CheckpointPlan& plan,
    const std::function<absl::Status()>& before_commit = nullptr);

// What can be known before training: makes `folder`, removes the leftovers of
// crashes in it, writes a small file, and compares the room on the disk with
// what MostCheckpoints(plan) of `bytes` bytes need, less those that are there.
// Errors: ResourceExhausted with both numbers, and those of base::FileError.
absl::Status PrepareCheckpoints(base::FileSystem& files,
                                const std::string& folder, uint64_t bytes,
                                const CheckpointPlan& plan);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_SAVE_CHECKPOINT_H_
