// Weights from any file that holds some, under official names.
//
//   absl::StatusOr<vit::Weights> weights =
//       vit::LoadWeights("mae_pretrain_vit_base.pth");
//   weights->tensors.at("blocks.0.attn.qkv.weight");
//
// The format is told by the content, not by the path's suffix: safetensors, or
// what torch.save writes. A training checkpoint's state dict is unwrapped
// (pth_index.h), and what wrappers put in front of the names is taken off:
// `module.` (DataParallel), `_orig_mod.` (torch.compile), `backbone.`,
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
  std::map<std::string, std::string> metadata;  // of safetensors
  std::string prefix;                // what was taken off, "" for nothing
  std::vector<std::string> renamed;  // names, now without the prefix
  std::vector<std::string> ignored;  // names of values that are no tensors
};

// `path` is a file, a run folder (its encoder.safetensors) or a checkpoint's
// folder (its model.safetensors). Errors: those of ReadSafetensors and ReadPth;
// NotFound for a folder without weights; InvalidArgument for another format.
absl::StatusOr<Weights> LoadWeights(const std::string& path);

// Takes the prefix off. Where names end in patch_embed.proj.weight, the
// shortest prefix of one decides, and names without it stay; else the prefix is
// that of all names. Errors: InvalidArgument where two names become one.
absl::Status StripPrefix(Weights* weights);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_WEIGHTS_FILE_H_
