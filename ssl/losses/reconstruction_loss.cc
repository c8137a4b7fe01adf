#include "ssl/losses/reconstruction_loss.h"

#include <ATen/TensorOperators.h>

namespace caldera::ssl {

ReconstructionLossOutput MeanOverPatches(const at::Tensor& per_patch,
                                         const at::Tensor& weight) {
  return {weight.defined() ? (per_patch * weight).sum() / weight.sum()
                           : per_patch.mean(),
          per_patch};
}

}  // namespace caldera::ssl
