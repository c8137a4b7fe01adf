#include "ssl/losses/make_reconstruction_loss.h"

#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/losses/cross_entropy.h"
#include "ssl/losses/frequency_loss.h"
#include "ssl/losses/patch_distance.h"

namespace caldera::ssl {

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
