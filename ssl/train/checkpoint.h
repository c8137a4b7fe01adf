#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_H_

// What a run needs to go on where it stopped.
//
//   SaveCheckpoint("run/checkpoints", checkpoint, /*keep=*/2);
//   absl::StatusOr<std::optional<Checkpoint>> last =
//       LoadLatestCheckpoint("run/checkpoints");
//
// A checkpoint is the folder step_N:
//   model.safetensors      weights under their official names
//   optimizer.safetensors  moments and step counts
//   manifest.json          the step, and size and CRC-32 of each file
// Random numbers, the sampler, the loader and all schedules are pure functions
// of (seed, step), so the step is the whole position. The folder is written as
// step_N.partial, fsynced and renamed: a step_N is complete.

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct Checkpoint {
  int64_t step = 0;  // optimizer steps done
  vit::StateDict model;
  vit::StateDict optimizer;
};

// Writes `folder`/step_N and removes all but the newest `keep`.
absl::Status SaveCheckpoint(const std::string& folder,
                            const Checkpoint& checkpoint, int keep);

// The newest checkpoint that verifies, none where there is none at all. A
// damaged one is named in the log and passed over.
absl::StatusOr<std::optional<Checkpoint>> LoadLatestCheckpoint(
    const std::string& folder);

// One checkpoint. Errors name the file and what is wrong with it.
absl::StatusOr<Checkpoint> LoadCheckpoint(const std::string& path);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_H_
