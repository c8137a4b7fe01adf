// What a run needs to go on where it stopped, and how it is read.
//
//   absl::StatusOr<std::optional<Checkpoint>> last =
//       LoadLatestCheckpoint("run/checkpoints");
//
// A checkpoint is the folder step_N:
//   model.safetensors      weights under their official names
//   optimizer.safetensors  moments and step counts
//   manifest.json          the step, and size and CRC-32 of each file
// Random numbers, the sampler, the loader and all schedules are pure functions
// of (seed, step), so the step is the whole position.
//
// save_checkpoint.h writes one; checkpoint_writer.h does so beside training.
#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct Checkpoint {
  int64_t step = 0;  // optimizer steps done
  vit::StateDict model;
  vit::StateDict optimizer;
  // Written into the model's file: the sizes that its shapes do not tell.
  std::map<std::string, std::string> metadata;

  static constexpr char kModel[] = "model.safetensors";
  static constexpr char kOptimizer[] = "optimizer.safetensors";
  static constexpr char kManifest[] = "manifest.json";
};

// manifest.json of a checkpoint: its step, and size and CRC-32 of each file.
// The text holds its own checksum and has one spelling only, so that no changed
// byte goes unnoticed.
struct CheckpointManifest {
  struct File {
    uint64_t bytes = 0;
    uint32_t crc32 = 0;
  };
  int64_t step = 0;
  std::map<std::string, File> files;
};

std::string ManifestText(const CheckpointManifest& manifest);

// Returns DataLoss, naming `path`, for anything but what ManifestText writes.
absl::StatusOr<CheckpointManifest> ParseManifest(absl::string_view text,
                                                 const std::string& path);

// zlib's CRC-32 of `bytes`, continued from `before`, the CRC of what precedes
// them.
uint32_t Crc32(absl::string_view bytes, uint32_t before = 0);

// `folder`/step_N.
std::string CheckpointPath(const std::string& folder, int64_t step);

// Steps of the checkpoints of `folder`, damaged ones included, newest first.
std::vector<int64_t> CheckpointSteps(const std::string& folder);

// The newest checkpoint that verifies, none where there is none at all. A
// damaged one is named in the log and passed over. DataLoss where all are
// damaged. The link `latest` is not read: it is for people and scripts.
absl::StatusOr<std::optional<Checkpoint>> LoadLatestCheckpoint(
    const std::string& folder);

// One checkpoint. Errors name the file and what is wrong with it.
absl::StatusOr<Checkpoint> LoadCheckpoint(const std::string& path);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_H_
