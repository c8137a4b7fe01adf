// A checkpoint of a run, and how it is read.
//
//   absl::StatusOr<std::optional<Checkpoint>> last =
//       LoadLatestCheckpoint("run/checkpoints");
//
// A checkpoint is the folder step_N:
//
//   model.safetensors      weights under their official names
//   optimizer.safetensors  moments and step counts
//   manifest.json          the step, and size and CRC-32 of each file
//
// Random numbers, the sampler, the loader and all schedules are pure functions
// of (seed, step), so the step describes the position in the run completely.
//
// save_checkpoint.h writes a checkpoint; checkpoint_writer.h does so while
// training goes on.
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
  // Is written into the model's file: the sizes that its shapes do not tell.
  std::map<std::string, std::string> metadata;

  static constexpr char kModel[] = "model.safetensors";
  static constexpr char kOptimizer[] = "optimizer.safetensors";
  static constexpr char kManifest[] = "manifest.json";
};

// Describes manifest.json of a checkpoint: its step, and size and CRC-32 of
// each file. The text holds its own checksum and has one spelling only, so that
// every changed byte is noticed.
struct CheckpointManifest {
  struct File {
    uint64_t bytes = 0;
    uint32_t crc32 = 0;
  };
  int64_t step = 0;
  std::map<std::string, File> files;
};

// Returns the text of manifest.json.
std::string ManifestText(const CheckpointManifest& manifest);

// Returns DataLoss, which names `path`, for any text that ManifestText does not
// write.
absl::StatusOr<CheckpointManifest> ParseManifest(absl::string_view text,
                                                 const std::string& path);

// Returns zlib's CRC-32 of `bytes`, continued from `before`, the CRC of the
// bytes that precede them.
uint32_t Crc32(absl::string_view bytes, uint32_t before = 0);

// Returns "<folder>/step_<step>".
std::string CheckpointPath(const std::string& folder, int64_t step);

// Returns the steps of the checkpoints in `folder`, damaged ones included,
// newest first.
std::vector<int64_t> CheckpointSteps(const std::string& folder);

// Returns the newest checkpoint that verifies, or nullopt if there is none at
// all. A damaged checkpoint is named in the log and skipped; the result is
// DataLoss if all are damaged. The link `latest` is not read: it is for people
// and scripts.
absl::StatusOr<std::optional<Checkpoint>> LoadLatestCheckpoint(
    const std::string& folder);

// Loads one checkpoint. An error names the file and the damage.
absl::StatusOr<Checkpoint> LoadCheckpoint(const std::string& path);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_H_
