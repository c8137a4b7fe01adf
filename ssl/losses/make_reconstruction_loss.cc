#include "ssl/losses/make_reconstruction_loss.h"

#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "ssl/losses/cross_entropy.h"
#include "ssl/losses/frequency_loss.h"
#include "ssl/losses/patch_distance.h"

namespace caldera::ssl {

absl::StatusOr<std::unique_ptr<ReconstructionLoss>> MakeReconstructionLoss(
    const ReconstructionLossSpec& spec, const vit::EncoderSpec& encoder) {
  if (spec.has_smooth_l1() &&
      !(spec.smooth_l1().beta() > 0 && spec.smooth_l1().beta() <= 1e6)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "smooth_l1.beta: ", spec.smooth_l1().beta(), " is not in (0, 1e6]"));
  }
  if (spec.has_cross_entropy()) return std::make_unique<CrossEntropy>();
  if (spec.has_frequency()) {
    const double gamma = spec.frequency().gamma();
    if (!(gamma > 0 && gamma <= 4)) {
      return absl::InvalidArgumentError(
          absl::StrCat("frequency.gamma: ", gamma, " is not in (0, 4]"));
    }
    return std::make_unique<FrequencyLoss>(gamma, encoder.patch_size(),
                                           encoder.channels());
  }
  if (spec.has_custom()) {
    return base::Within(
        "custom", CustomReconstructionLoss::Create(spec.custom(), encoder));
  }
  return std::make_unique<PatchDistance>(spec);
}

}  // namespace caldera::ssl
