// What produced a run, for provenance.json.
//
//   nlohmann::json provenance = Provenance(device);
#ifndef CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_
#define CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_

#include <ATen/core/Tensor.h>

#include <nlohmann/json.hpp>

namespace caldera::ssl {

// Source revision (where the user's folder is a git checkout), versions of
// LibTorch and the compiler, device, processor, threads and OpenMP's policy; of
// a GPU its name and driver. "unknown" for what cannot be found out.
nlohmann::json Provenance(const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_PROVENANCE_H_
