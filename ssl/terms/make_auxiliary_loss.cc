#include "ssl/terms/make_auxiliary_loss.h"

#include <utility>

#include "base/field_path.h"
#include "base/status.h"
#include "magma/regularizer.h"
#include "ssl/schedule/schedule.h"
#include "ssl/terms/broad_context_loss.h"
#include "ssl/terms/coding_rate_loss.h"
#include "ssl/terms/consistency_loss.h"
#include "ssl/terms/distillation_loss.h"
#include "ssl/terms/latent_alignment_loss.h"
#include "ssl/terms/layer_alignment_loss.h"
#include "ssl/terms/ldreg_loss.h"
#include "ssl/terms/magma_loss.h"
#include "ssl/terms/mimic_loss.h"
#include "ssl/terms/uniformity_loss.h"
#include "ssl/terms/visible_target_loss.h"

namespace caldera::ssl {

absl::StatusOr<std::unique_ptr<AuxiliaryLoss>> MakeAuxiliaryLoss(
    const AuxiliaryLossSpec& spec, const ModelSizes& sizes, uint64_t seed,
    const magma::Exchange& exchange) {
  RETURN_IF_ERROR(base::Within("weight", Validate(spec.weight())));
  if (spec.feature() == eval::EvalSpec::CLS && !spec.has_magma()) {
    return absl::InvalidArgumentError(
        "feature: CLS, but the term is not magma, which alone reads this "
        "field; uniformity has its own");
  }
  switch (spec.loss_case()) {
    case AuxiliaryLossSpec::kMagma: {
      ASSIGN_OR_RETURN(
          auto regularizer,
          base::Within("magma",
                       magma::Regularizer::Create(
                           spec.magma(), sizes.encoder.depth(), exchange)));
      return std::make_unique<MagmaLoss>(std::move(regularizer),
                                         spec.feature());
    }
    case AuxiliaryLossSpec::kUniformity:
      return std::make_unique<UniformityLoss>(spec.uniformity());
    case AuxiliaryLossSpec::kDistillation:
      return base::Within(
          "distillation",
          DistillationLoss::Create(spec.distillation(), sizes, seed));
    case AuxiliaryLossSpec::kCodingRate:
      return base::Within("coding_rate",
                          CodingRateLoss::Create(spec.coding_rate()));
    case AuxiliaryLossSpec::kLdreg:
      return base::Within("ldreg", LdRegLoss::Create(spec.ldreg()));
    // The terms below put their own name in front of their errors.
    case AuxiliaryLossSpec::kConsistency:
      return ConsistencyLoss::Create(sizes);
    case AuxiliaryLossSpec::kMimic:
      return MimicLoss::Create(spec.mimic(), sizes, seed);
    case AuxiliaryLossSpec::kLatentAlignment:
      return LatentAlignmentLoss::Create(sizes);
    case AuxiliaryLossSpec::kBroadContext:
      return BroadContextLoss::Create(spec.broad_context(), sizes, seed);
    case AuxiliaryLossSpec::kVisibleTarget:
      return VisibleTargetLoss::Create(spec.visible_target(), sizes, seed);
    case AuxiliaryLossSpec::kLayerAlignment:
      return LayerAlignmentLoss::Create(spec.layer_alignment(), sizes, seed);
    case AuxiliaryLossSpec::kCustom:
      return base::Within(
          "custom", CustomAuxiliaryLoss::Create(spec.custom(), sizes, seed));
    case AuxiliaryLossSpec::LOSS_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "magma: no term is named; write magma {}, uniformity {}, distillation "
      "{}, coding_rate {}, ldreg {}, consistency {}, mimic {}, "
      "layer_alignment {}, latent_alignment {}, broad_context {}, "
      "visible_target {} or custom {}");
}

}  // namespace caldera::ssl
