#ifndef CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_MANIFEST_H_
#define CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_MANIFEST_H_

// manifest.json of a checkpoint: its step, and size and CRC-32 of each file.
//
//   CheckpointManifest manifest{12, {{"model.safetensors", {4096, crc}}}};
//   std::string text = ManifestText(manifest);
//   absl::StatusOr<CheckpointManifest> again = ParseManifest(text, path);
//
// The text holds its own checksum and has one spelling only, so that no changed
// byte goes unseen.

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::ssl {

struct CheckpointManifest {
  struct File {
    uint64_t bytes = 0;
    uint32_t crc32 = 0;
  };
  int64_t step = 0;
  std::map<std::string, File> files;
};

std::string ManifestText(const CheckpointManifest& manifest);

// Errors: DataLoss, naming `path`, for anything but what ManifestText writes.
absl::StatusOr<CheckpointManifest> ParseManifest(absl::string_view text,
                                                 const std::string& path);

// zlib's CRC-32 of `bytes` after `before`, that of what precedes them.
uint32_t Crc32(absl::string_view bytes, uint32_t before = 0);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_CHECKPOINT_CHECKPOINT_MANIFEST_H_
