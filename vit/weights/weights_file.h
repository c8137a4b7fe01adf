// Loads weights from any supported file, under their official names.
//
//   absl::StatusOr<vit::Weights> weights =
//       vit::LoadWeights("mae_pretrain_vit_base.pth");
//   weights->tensors.at("blocks.0.attn.qkv.weight");
//
// The content decides the format, not the path's suffix: safetensors, or that
// of torch.save. The ViT is found in whatever holds it, under any prefix
// (names/choose_vit.h), and its names become those of timm
// (names/name_tables.h). `key` chooses where a file holds several ViTs.
#ifndef CALDERA_VIT_WEIGHTS_WEIGHTS_FILE_H_
#define CALDERA_VIT_WEIGHTS_WEIGHTS_FILE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vit/state_dict.h"

namespace caldera::vit {

struct Weights {
  std::string path;                             // the file that was read
  StateDict tensors;                            // on the CPU, mapped
  std::map<std::string, std::string> metadata;  // of a safetensors file
  std::string container;             // keys of the dictionary in a .pth, or ""
  std::string prefix;                // the removed prefix, or ""
  std::vector<std::string> renamed;  // new names, without the prefix
  // Names that lacked the prefix of the ViT: of heads, a predictor, a second
  // network.
  std::set<std::string> beside;
  // Names of values that are no tensors, or of a type that is not read.
  std::vector<std::string> ignored;
  std::vector<std::string> notes;  // choices, a sentence each, for the user
  std::optional<int> num_heads;    // that a config.json beside the file tells
  std::optional<double> norm_eps;  // likewise
};

// Loads the weights of `path`: a file, a run folder (its encoder.safetensors),
// a checkpoint's folder (its model.safetensors), or a folder of Hugging Face
// (its model.safetensors, the shards that model.safetensors.index.json lists,
// or pytorch_model.bin, with config.json). Errors: those of ReadSafetensors,
// ReadPth and ChooseVit; NotFound for a folder without weights; InvalidArgument
// for another format, and for a model of videos.
absl::StatusOr<Weights> LoadWeights(const std::string& path,
                                    const std::string& key = "");

// Removes what stands before the names of the ViT that ChooseVit takes; names
// without it stay. Where there is no ViT, the prefix that all names share is
// removed, if it is one of a wrapper. Errors: those of ChooseVit;
// InvalidArgument where two names become one.
absl::Status StripPrefix(Weights* weights, const std::string& key = "");

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_WEIGHTS_FILE_H_
