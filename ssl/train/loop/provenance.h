// Describes what produced a run, for provenance.json.
//
//   nlohmann::json provenance = Provenance(device);
#ifndef CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_
#define CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_

#include <ATen/core/Tensor.h>

#include <nlohmann/json.hpp>
#include <string>

#include "vit/weights/start_weights.h"

namespace caldera::ssl {

// Returns the source revision (if the user's folder is a git checkout), the
// versions of LibTorch and the compiler, device, processor, threads and
// OpenMP's policy; name and driver of a GPU. A value that cannot be found out
// is "unknown".
nlohmann::json Provenance(const at::Device& device);

// Returns what became of the start weights: files, and names of tensors.
nlohmann::json StartProvenance(const vit::StartReport& report);

// Returns what the provenance.json at `path` says about start weights, which a
// run that goes on does not read again; null where it says nothing.
nlohmann::json StartOfEarlier(const std::string& path);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_
