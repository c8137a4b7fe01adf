// Lists the tensors in the state dict of a torch.save file by name, with their
// shapes checked against their bytes.
//
//   absl::StatusOr<vit::PthIndex> index =
//       vit::ParsePthIndex(bytes, "mae_pretrain_vit_base.pth");
//   for (const vit::PthTensor& tensor : index->tensors) ...
//
// It reads both of PyTorch's formats, the zip archive and the older stream of
// pickles (before PyTorch 1.6). Nothing from the file is executed (pickle.h).
// The reader does not need LibTorch, so that it can be fuzzed. Every accepted
// tensor is within its storage.
#ifndef CALDERA_VIT_WEIGHTS_PTH_INDEX_H_
#define CALDERA_VIT_WEIGHTS_PTH_INDEX_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::vit {

struct PthTensor {
  std::string name;
  std::string dtype;             // safetensors' name: "F32"
  uint64_t element_size;         // of the dtype, in bytes
  std::vector<int64_t> shape;    // none negative
  std::vector<int64_t> strides;  // in elements, none negative
  absl::string_view bytes;       // from the first to the last element
};

struct PthIndex {
  std::vector<PthTensor> tensors;    // in the file's order, names unique
  std::vector<std::string> ignored;  // names of values that are no tensors
  std::string container;             // keys of the state dict: "model", or ""
  // Of the ViT's names within the state dict; none: there is no ViT.
  std::optional<std::string> prefix;
  std::string note;  // which ViT was chosen of several; else empty
};

// Returns true if `bytes` begin like a file of torch.save.
bool LooksLikePth(absl::string_view bytes);

// Parses a file of torch.save. The state dict is the dictionary that holds a
// ViT, which may be inside others under any names; of several ChooseVit takes
// one (`key`). A file without a ViT gives the pickled object itself, or its
// value under `model`, `state_dict`, `model_state_dict` or `teacher` (in this
// order). The rest of a training checkpoint is ignored, and tensors of types
// that the reader lacks are passed over: their names are among those ignored.
// Errors: those of ChooseVit; InvalidArgument that begins with `name`, for
// files of another kind, damaged ones, big-endian ones, those with none but
// tensors that are passed over, and tensors that leave their storage or that
// together claim far more memory than the file has bytes.
absl::StatusOr<PthIndex> ParsePthIndex(absl::string_view bytes,
                                       const std::string& name,
                                       const std::string& key = "");

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_PTH_INDEX_H_
