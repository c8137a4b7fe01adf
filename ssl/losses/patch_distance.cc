#include "ssl/losses/patch_distance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/smooth_l1_loss.h>

namespace caldera::ssl {

at::Tensor PatchDistance::PerPatch(const at::Tensor& prediction,
                                   const at::Tensor& target) const {
  constexpr auto kNone = at::Reduction::None;
  switch (spec_.distance_case()) {
    case ReconstructionLossSpec::kCosine:
      return 1 - at::cosine_similarity(prediction, target, /*dim=*/-1);
    case ReconstructionLossSpec::kL1:
      return at::l1_loss(prediction, target, kNone).mean(-1);
    case ReconstructionLossSpec::kSmoothL1:
      return at::smooth_l1_loss(prediction, target, kNone,
                                spec_.smooth_l1().beta())
          .mean(-1);
    case ReconstructionLossSpec::kMse:
    case ReconstructionLossSpec::kCrossEntropy:  // not of this class
    case ReconstructionLossSpec::kFrequency:
    case ReconstructionLossSpec::kCustom:
    case ReconstructionLossSpec::DISTANCE_NOT_SET:
      break;
  }
  return at::mse_loss(prediction, target, kNone).mean(-1);
}

ReconstructionLossOutput PatchDistance::Compute(
    const at::Tensor& prediction, const at::Tensor& target,
    const at::Tensor& weight) const {
  const at::Tensor per_patch = PerPatch(prediction, target);  // [B, M]
  const at::Tensor value = weight.defined()
                               ? (per_patch * weight).sum() / weight.sum()
                               : per_patch.mean();
  return {value, per_patch};
}

}  // namespace caldera::ssl
