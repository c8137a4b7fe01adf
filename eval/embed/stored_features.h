// Opens the features of a file that EmbedImages has written.
//
//   absl::StatusOr<at::Tensor> features = StoredFeatures("features.npy");
//   features->sizes();  // [N, D], or [N, P, D] of patch tokens
//
// The file is mapped: rows are read from the disk when they are touched, and
// the system may drop them again where memory is short.
#ifndef CALDERA_EVAL_EMBED_STORED_FEATURES_H_
#define CALDERA_EVAL_EMBED_STORED_FEATURES_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/statusor.h"

namespace caldera::eval {

// Reads .npy and .safetensors. Errors: those of base::MappedFile and of
// vit::ReadSafetensors; InvalidArgument for another ending or a file with
// other contents than EmbedImages writes.
absl::StatusOr<at::Tensor> StoredFeatures(const std::string& path);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_EMBED_STORED_FEATURES_H_
