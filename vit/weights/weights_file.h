// Loads weights from any supported file, under their official names.
//
//   absl::StatusOr<vit::Weights> weights =
//       vit::LoadWeights("mae_pretrain_vit_base.pth");
//   weights->tensors.at("blocks.0.attn.qkv.weight");
//
// The content decides the format, not the path's suffix: safetensors, or that
// of torch.save. The state dict is taken out of a training checkpoint
// (pth_index.h), and the prefixes that wrappers put in front of the names are
// removed: `module.` (DataParallel), `_orig_mod.` (torch.compile), `backbone.`,
// `encoder.` and any chain of these.
#ifndef CALDERA_VIT_WEIGHTS_WEIGHTS_FILE_H_
#define CALDERA_VIT_WEIGHTS_WEIGHTS_FILE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "vit/state_dict.h"

namespace caldera::vit {

struct Weights {
  std::string path;                             // the file that was read
  StateDict tensors;                            // on the CPU, mapped
  std::map<std::string, std::string> metadata;  // of a safetensors file
  std::string prefix;                           // the removed prefix, or ""
  std::vector<std::string> renamed;             // names, now without the prefix
  std::vector<std::string> ignored;  // names of values that are no tensors
};

// Loads the weights of `path`: a file, a run folder (its encoder.safetensors)
// or a checkpoint's folder (its model.safetensors). Errors: those of
// ReadSafetensors and ReadPth; NotFound for a folder without weights;
// InvalidArgument for another format.
absl::StatusOr<Weights> LoadWeights(const std::string& path);

// Removes the wrappers' prefix. Where names end in patch_embed.proj.weight, the
// shortest of their prefixes is removed, and names without it stay; else the
// prefix that all names share. Errors: InvalidArgument where two names become
// one.
absl::Status StripPrefix(Weights* weights);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_WEIGHTS_FILE_H_
