#include "ssl/terms/visible_target_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <torch/nn/module.h>

#include "absl/memory/memory.h"
#include "base/field_check.h"
#include "base/status.h"
#include "ssl/losses/at_least_float32.h"
#include "vit/blocks/block.h"
#include "vit/layer_norm.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/linear.h"

namespace caldera::ssl {

// The head has three layers, each followed by a norm, and a layer that
// predicts. The last norm has no weights, as in the authors' code.
class VisibleTargetHead : public torch::nn::Module {
 public:
  VisibleTargetHead(int64_t from, int64_t hidden, int64_t to)
      : fc1_(register_module("fc1",
                             std::make_shared<vit::Linear>(from, hidden))),
        fc2_(register_module("fc2",
                             std::make_shared<vit::Linear>(hidden, hidden))),
        fc3_(register_module("fc3",
                             std::make_shared<vit::Linear>(hidden, hidden))),
        pred_(
            register_module("pred", std::make_shared<vit::Linear>(hidden, to))),
        norm1_(
            register_module("norm1", std::make_shared<vit::LayerNorm>(hidden))),
        norm2_(register_module("norm2",
                               std::make_shared<vit::LayerNorm>(hidden))) {}

  // [B, Nv, D] -> [B, Nv, T]
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor h = at::gelu(norm1_->forward(AtLeastFloat32(fc1_->forward(x))));
    h = at::gelu(norm2_->forward(AtLeastFloat32(fc2_->forward(h))));
    h = AtLeastFloat32(fc3_->forward(h));
    return pred_->forward(
        at::layer_norm(h, {h.size(-1)}, {}, {}, vit::kLayerNormEps));
  }

 private:
  std::shared_ptr<vit::Linear> fc1_, fc2_, fc3_, pred_;
  std::shared_ptr<vit::LayerNorm> norm1_, norm2_;
};

absl::StatusOr<std::unique_ptr<VisibleTargetLoss>> VisibleTargetLoss::Create(
    const VisibleTargetSpec& spec, const ModelSizes& sizes, uint64_t seed) {
  if (sizes.target_dim == 0) {
    return absl::InvalidArgumentError(
        "visible_target: the method has no target for patches; write mae {}");
  }
  if (sizes.target_is_ids) {
    return absl::InvalidArgumentError(
        "visible_target: compares numbers, but mae.target gives ids; choose "
        "one of numbers, such as mae { target { hog {} } }");
  }
  base::FieldCheck check;
  check.Above("visible_target.beta", spec.beta(), 0)
      .AtLeast("visible_target.hidden_dim", spec.hidden_dim(), 0,
               "0 is the encoder's width");
  RETURN_IF_ERROR(check.status());
  const int64_t width = sizes.encoder.embed_dim();
  const int64_t hidden = spec.hidden_dim() == 0 ? width : spec.hidden_dim();
  auto loss =
      absl::WrapUnique(new VisibleTargetLoss(spec, hidden, sizes.target_dim));
  loss->head_ =
      std::make_shared<VisibleTargetHead>(width, hidden, sizes.target_dim);
  vit::InitializeVit(*loss->head_, seed);
  return loss;
}

ContextRequest VisibleTargetLoss::request() const {
  ContextRequest request;
  request.latent = true;
  request.mask = true;
  request.target = true;
  return request;
}

AuxiliaryOutput VisibleTargetLoss::Compute(const StepContext& context,
                                           bool /*with_diagnostics*/) {
  const at::Tensor prediction =
      AtLeastFloat32(head_->forward(context.latent.slice(1, 1)));  // [B, Nv, T]
  const at::Tensor target =
      AtLeastFloat32(vit::GatherRows(context.target, context.mask.ids_keep));
  return {
      at::smooth_l1_loss(prediction, target, at::Reduction::Mean, spec_.beta()),
      {},
      {}};
}

vit::Cost VisibleTargetLoss::CostOf(const ContextSizes& sizes,
                                    bool with_gradient) const {
  const int64_t patches = sizes.rows * (sizes.tokens - 1);
  const int64_t h = hidden_dim_, t = target_dim_;
  vit::Cost cost = vit::ProductCost(patches, sizes.width, h) +
                   vit::ProductCost(patches, h, h) * 2 +
                   vit::ProductCost(patches, h, t);
  // The inputs and outputs of the norms and of GELU, the prediction and the
  // target are kept.
  cost.activations =
      patches * (sizes.width + 2 * (3 * h + 2) + 2 * h + 2 + 2 * t);
  return with_gradient ? cost : cost.WithoutGradient();
}

std::shared_ptr<torch::nn::Module> VisibleTargetLoss::module() const {
  return head_;
}

}  // namespace caldera::ssl
