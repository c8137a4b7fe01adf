#include "ssl/losses/make_auxiliary_loss.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "magma/regularizer.h"
#include "magma/validate_regularizer_spec.h"
#include "ssl/losses/magma_loss.h"
#include "ssl/losses/uniformity_loss.h"
#include "ssl/schedule/schedule.h"

namespace caldera::ssl {

absl::Status Validate(const AuxiliaryLossSpec& spec, int64_t num_blocks) {
  switch (spec.loss_case()) {
    case AuxiliaryLossSpec::kMagma: {
      const absl::Status status = magma::Validate(spec.magma(), num_blocks);
      if (status.ok()) break;
      return absl::Status(status.code(),
                          absl::StrCat("magma.", status.message()));
    }
    case AuxiliaryLossSpec::kUniformity:
      break;
    case AuxiliaryLossSpec::LOSS_NOT_SET:
      return absl::InvalidArgumentError(
          "magma: no term is named; write magma {} or uniformity {}");
  }
  const absl::Status weight = Validate(spec.weight());
  if (weight.ok()) return weight;
  return absl::Status(weight.code(), absl::StrCat("weight.", weight.message()));
}

absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> MakeAuxiliaryLoss(
    const AuxiliaryLossSpec& spec, int64_t num_blocks) {
  const absl::Status valid = Validate(spec, num_blocks);
  if (!valid.ok()) return valid;
  if (spec.loss_case() == AuxiliaryLossSpec::kUniformity) {
    return std::make_unique<UniformityLoss>(spec.uniformity().feature());
  }
  auto regularizer = magma::Regularizer::Create(spec.magma(), num_blocks);
  if (!regularizer.ok()) return regularizer.status();
  return std::make_unique<MagmaLoss>(*std::move(regularizer));
}

}  // namespace caldera::ssl
