#include "ssl/losses/make_reconstruction_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/smooth_l1_loss.h>

#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/losses/cross_entropy.h"
#include "ssl/losses/frequency_loss.h"

namespace caldera::ssl {
namespace {

// Compares each patch independently: MSE (MAE's), L1, smooth L1 or cosine.
// Source of MSE over removed patches: facebookresearch/mae, models_mae.py,
// forward_loss.
class PatchDistance : public ReconstructionLoss {
 public:
  explicit PatchDistance(const ReconstructionLossSpec& spec) : spec_(spec) {}
  ReconstructionLossOutput Compute(const at::Tensor& prediction,
                                   const at::Tensor& target,
                                   const at::Tensor& weight) const override;

 private:
  at::Tensor PerPatch(const at::Tensor& prediction,
                      const at::Tensor& target) const;

  ReconstructionLossSpec spec_;
};

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
    case ReconstructionLossSpec::kCrossEntropy:  // another class
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

}  // namespace

absl::StatusOr<std::unique_ptr<ReconstructionLoss>> MakeReconstructionLoss(
    const ReconstructionLossSpec& spec, const vit::EncoderSpec& encoder) {
  // A message that is absent has its default, which passes.
  base::FieldCheck check;
  check.AboveUpTo("smooth_l1.beta", spec.smooth_l1().beta(), 0, 1000000)
      .AboveUpTo("frequency.gamma", spec.frequency().gamma(), 0, 4);
  RETURN_IF_ERROR(check.status());
  if (spec.has_cross_entropy()) return std::make_unique<CrossEntropy>();
  if (spec.has_frequency()) {
    return std::make_unique<FrequencyLoss>(
        spec.frequency().gamma(), encoder.patch_size(), encoder.channels());
  }
  if (spec.has_custom()) {
    return base::Within(
        "custom", CustomReconstructionLoss::Create(spec.custom(), encoder));
  }
  return std::make_unique<PatchDistance>(spec);
}

}  // namespace caldera::ssl
