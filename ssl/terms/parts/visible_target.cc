// DMJD's visible branch: an MLP on the encoder's visible tokens predicts the
// target of their own patches, so that the encoder also learns from the patches
// that it reads.
//
// The head reads the visible patches' tokens after the final norm, neither the
// CLS token nor the decoder. With `target { hog {} }` and
// `masking { disjoint_block {} }` this is DMJD; it works with any target that
// consists of numbers.
//
// Source: Ma et al., Disjoint Masking with Joint Distillation for Efficient
// Masked Image Modeling, arXiv 2301.00230; mx-mark/DMJD, models_dmjd.py. Their
// head is as wide as their decoder (512).
#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>

#include "ssl/losses/at_least_float32.h"
#include "ssl/terms/auxiliary_loss.h"
#include "vit/layer_norm.h"
#include "vit/model/cost.h"
#include "vit/model/initialization.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/linear.h"

namespace caldera::ssl {
namespace {

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

class VisibleTargetLoss : public AuxiliaryLoss {
 public:
  VisibleTargetLoss(const VisibleTargetSpec& spec, const ModelSizes& sizes)
      : spec_(spec),
        width_(sizes.encoder.embed_dim()),
        hidden_dim_(spec.hidden_dim() == 0 ? width_ : spec.hidden_dim()),
        target_dim_(sizes.target_dim) {}

  std::string name() const override { return "visible_target"; }
  ContextRequest request() const override;
  void Build(uint64_t seed, const magma::Exchange& /*exchange*/) override {
    head_ =
        std::make_shared<VisibleTargetHead>(width_, hidden_dim_, target_dim_);
    vit::InitializeVit(*head_, seed);
  }
  // Returns the smooth L1, averaged over visible patches and the target's
  // numbers.
  AuxiliaryOutput Compute(const StepContext& context,
                          bool with_diagnostics) override;
  vit::Cost CostOf(const ContextSizes& sizes,
                   bool with_gradient) const override;
  std::shared_ptr<torch::nn::Module> module() const override { return head_; }

 private:
  VisibleTargetSpec spec_;
  int64_t width_, hidden_dim_, target_dim_;
  std::shared_ptr<VisibleTargetHead> head_;
};

ContextRequest VisibleTargetLoss::request() const {
  ContextRequest request;
  request.latent = true;
  request.mask = true;
  request.target = true;
  return request;
}

AuxiliaryOutput VisibleTargetLoss::Compute(const StepContext& context,
                                           bool /*with_diagnostics*/) {
  const at::Tensor prediction = AtLeastFloat32(
      head_->forward(context.latent.slice(1, context.prefix)));  // [B, Nv, T]
  const at::Tensor target =
      AtLeastFloat32(vit::GatherRows(context.target, context.mask.ids_keep));
  return {
      at::smooth_l1_loss(prediction, target, at::Reduction::Mean, spec_.beta()),
      {},
      {}};
}

vit::Cost VisibleTargetLoss::CostOf(const ContextSizes& sizes,
                                    bool with_gradient) const {
  const int64_t patches = sizes.rows * (sizes.tokens - sizes.prefix);
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

const bool kVisibleTarget = AuxiliaryLossPart::Register<VisibleTargetSpec>(
    {"visible_target", "Visible tokens predict their own patches (DMJD)."},
    [](const VisibleTargetSpec& spec,
       const ModelSizes& sizes) -> AuxiliaryLossPart::Result {
      if (sizes.target_dim == 0) {
        return absl::InvalidArgumentError(
            ": the method has no target for patches; write mae {}");
      }
      if (sizes.target_is_ids) {
        return absl::InvalidArgumentError(
            ": compares numbers, but mae.target gives ids; choose "
            "one of numbers, such as mae { target { hog {} } }");
      }
      return std::make_unique<VisibleTargetLoss>(spec, sizes);
    });

}  // namespace
}  // namespace caldera::ssl
