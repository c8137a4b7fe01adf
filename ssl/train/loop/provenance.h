// Describes what produced a run, for provenance.json.
//
//   nlohmann::json provenance = Provenance(device);
#ifndef CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_
#define CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_

#include <ATen/core/Tensor.h>

#include <nlohmann/json.hpp>

namespace caldera::ssl {

// Returns the source revision (if the user's folder is a git checkout), the
// versions of LibTorch and the compiler, device, processor, threads and
// OpenMP's policy; name and driver of a GPU. A value that cannot be found out
// is "unknown".
nlohmann::json Provenance(const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_
