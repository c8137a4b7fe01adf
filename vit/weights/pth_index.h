// What a file of torch.save holds by name: the tensors of its state dict, with
// their shapes held against their bytes.
//
//   absl::StatusOr<vit::PthIndex> index =
//       vit::ParsePthIndex(bytes, "mae_pretrain_vit_base.pth");
//   for (const vit::PthTensor& tensor : index->tensors) ...
//
// Both of PyTorch's formats are read, the zip archive and the older stream of
// pickles (before PyTorch 1.6). Nothing from the file is executed (pickle.h).
// Free of LibTorch, so that it can be fuzzed. Whatever is accepted lies within
// its storage.
#ifndef CALDERA_VIT_WEIGHTS_PTH_INDEX_H_
#define CALDERA_VIT_WEIGHTS_PTH_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace caldera::vit {

struct PthTensor {
  std::string name;
  std::string dtype;             // as safetensors says it: "F32"
  uint64_t element_size;         // of the dtype, in bytes
  std::vector<int64_t> shape;    // none negative
  std::vector<int64_t> strides;  // in elements, none negative
  absl::string_view bytes;       // from the first to the last element
};

struct PthIndex {
  std::vector<PthTensor> tensors;    // in the file's order, names unique
  std::vector<std::string> ignored;  // names of values that are no tensors
  std::string container;             // where the tensors were: "model", or ""
};

// Whether `bytes` begin as a file of torch.save does.
bool LooksLikePth(absl::string_view bytes);

// The state dict is what the file holds, or what it holds under `model`,
// `state_dict`, `model_state_dict` or `teacher` (in this order); the rest of a
// training checkpoint is not looked at. Errors: InvalidArgument that begins
// with `name`, for files of another kind, damaged ones, big-endian ones, dtypes
// that the reader lacks, and tensors that leave their storage or that together
// claim far more memory than the file has bytes.
absl::StatusOr<PthIndex> ParsePthIndex(absl::string_view bytes,
                                       const std::string& name);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_WEIGHTS_PTH_INDEX_H_
