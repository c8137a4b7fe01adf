#include "ssl/losses/cross_entropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>

namespace caldera::ssl {

ReconstructionLossOutput CrossEntropy::Compute(const at::Tensor& prediction,
                                               const at::Tensor& target,
                                               const at::Tensor& weight) const {
  const at::Tensor per_patch =  // [B, M]
      -at::log_softmax(prediction, -1)
           .gather(-1, target.unsqueeze(-1))
           .squeeze(-1);
  const at::Tensor value = weight.defined()
                               ? (per_patch * weight).sum() / weight.sum()
                               : per_patch.mean();
  return {value, per_patch};
}

}  // namespace caldera::ssl
