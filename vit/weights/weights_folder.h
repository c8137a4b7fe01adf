// Finds the weights in a folder: a run's, a checkpoint's, one of Hugging Face.
//
//   absl::StatusOr<std::string> file = vit::WeightsFileOf("vit-mae-base");
//   *file;  // "vit-mae-base/model.safetensors"
//   vit::ConfigBeside("vit-mae-base")->num_heads;  // 12, of its config.json
//
// A large model of Hugging Face is divided into shards, which
// model.safetensors.index.json lists.
#ifndef CALDERA_VIT_WEIGHTS_WEIGHTS_FOLDER_H_
#define CALDERA_VIT_WEIGHTS_WEIGHTS_FOLDER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "vit/state_dict.h"

namespace caldera::vit {

// Returns `path`, or the file of weights in it where it is a folder. Errors:
// NotFound for a folder without one.
absl::StatusOr<std::string> WeightsFileOf(const std::string& path);

// Reads the shards that an index lists; each is mapped. Adds to `ignored` what
// ReadSafetensors passes over. Errors: those of ReadSafetensors;
// InvalidArgument for an index that is damaged or names a file outside its
// folder, and for a shard without one of its tensors.
absl::StatusOr<StateDict> ReadShards(const std::string& index,
                                     std::vector<std::string>* ignored);

// The fields num_attention_heads and layer_norm_eps of a config.json of Hugging
// Face; no tensor shows them.
struct FolderConfig {
  std::optional<int> num_heads;
  std::optional<double> norm_eps;
};

// Reads the config.json in the folder `path`. Nothing is known of a file, and
// where there is no config.json or it does not say. Errors: InvalidArgument for
// a config.json that is no JSON object.
absl::StatusOr<FolderConfig> ConfigBeside(const std::string& path);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_WEIGHTS_FOLDER_H_
