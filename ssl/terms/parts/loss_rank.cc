// Measures how well a scorer knows which patches are hard (HPM): Spearman's
// correlation, within each image, of its predictions with the losses of the
// removed patches. The number is for the log; it has no gradient.
//
//   auxiliary { custom { name: "loss_rank" } observe_only: true }
//
// It is 1 if the order is the same, and 0 if the orders are unrelated. Equal
// losses are ranked in their order.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <memory>

#include "ssl/losses/at_least_float32.h"
#include "ssl/masking/ranks.h"
#include "ssl/terms/auxiliary_loss.h"

namespace caldera::ssl {
namespace {

class LossRank : public AuxiliaryLoss {
 public:
  std::string name() const override { return "loss_rank"; }

  ContextRequest request() const override {
    ContextRequest request;
    request.prediction = request.mask = request.patch_score = true;
    return request;
  }

  AuxiliaryOutput Compute(const StepContext& context,
                          bool /*with_diagnostics*/) override {
    const at::NoGradGuard no_grad;
    const at::Tensor& removed = context.mask.ids_remove;  // [B, Nm]
    at::Tensor losses = context.patch_loss;               // [B, M]
    if (losses.size(1) != removed.size(1)) losses = losses.gather(1, removed);
    const auto m = static_cast<double>(removed.size(1));
    const at::Tensor apart =
        (Ranks(context.patch_score) - Ranks(losses)).to(at::kDouble);
    const at::Tensor rho =  // [B]
        1 - 6 * apart.square().sum(1) / (m * (m * m - 1));
    return {rho.mean().to(AtLeastFloat32(losses).scalar_type()), {}, {}};
  }
};

const bool kLossRank = AuxiliaryLossPart::Register<base::NoOptions>(
    {"loss_rank", "How well a scorer ranks the losses of removed patches.",
     "mae { masking { hard {} } scorer { loss_predictor {} } "
     "teacher { input: WHOLE ema {} } } "
     "auxiliary { custom { name: 'loss_rank' } observe_only: true }"},
    [](const base::NoOptions&,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (sizes.num_masks > 0) return std::make_unique<LossRank>();
      return absl::InvalidArgumentError(
          "loss_rank: the method hides no patches; use it with mae {}");
    });

}  // namespace
}  // namespace caldera::ssl
