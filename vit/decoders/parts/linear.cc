// The smallest decoder: one matrix for every patch.
//
// A visible patch is predicted from its own latent, as in SimMIM, where the
// encoder reads all patches. A removed patch has no latent: its token is the
// mean of all latents, plus a mask token, plus the sine-cosine embedding of its
// place. Where the encoder has read every patch, the decoder consists of the
// matrix alone. The prediction is linear in the latents, so everything
// non-linear is learned by the encoder.
#include "vit/ops/linear.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <glog/logging.h>

#include "vit/cost.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/ops/gather_rows.h"
#include "vit/parameter.h"
#include "vit/position_embedding.h"

namespace caldera::vit {
namespace {

class LinearDecoder : public Decoder {
 public:
  LinearDecoder(const DecoderSpec& spec, const DecoderSizes& sizes)
      : every_patch_(sizes.every_patch),
        removed_only_(spec.masked_only()),
        prefix_(sizes.prefix()) {
    const int64_t d = sizes.encoder_dim;
    if (!every_patch_) {
      mask_token_ = register_parameter("mask_token", NewParameter({1, 1, d}));
      pos_embed_ = register_buffer(
          "decoder_pos_embed", SinCosPositionEmbedding(d, sizes.grid, prefix_));
    }
    pred_ = register_module("decoder_pred",
                            std::make_shared<Linear>(d, sizes.target_dim));
  }

  Decoded Decode(const DecoderInput& input) const override {
    CHECK(!input.memory.defined()) << "the linear decoder reads no memory";
    const auto type = input.latent.scalar_type();
    const auto visible = [&] {  // [B, Nv, T]
      return pred_->forward(input.latent.slice(1, prefix_));
    };
    if (every_patch_) return {visible().to(type)};
    const at::Tensor position = GatherRows(
        pos_embed_.slice(1, prefix_),
        MaskedIds(input.ids_restore, input.latent.size(1) - prefix_));
    const at::Tensor removed =
        pred_->forward(input.latent.mean(1, /*keepdim=*/true) + mask_token_ +
                       position);  // [B, Nm, T]
    if (removed_only_) return {removed.to(type), /*removed_only=*/true};
    return {GatherRows(at::cat({visible(), removed}, 1), input.ids_restore)
                .to(type)};  // [B, N, T]
  }

 private:
  bool every_patch_, removed_only_;
  int64_t prefix_;         // P
  at::Tensor mask_token_;  // [1, 1, D]; undefined where every_patch_
  at::Tensor pos_embed_;   // [1, P + N, D]; likewise
  std::shared_ptr<Linear> pred_;
};

class LinearPlan : public DecoderPlan {
 public:
  using DecoderPlan::DecoderPlan;

  bool takes_every_patch() const override { return true; }
  bool without_positions() const override { return true; }

  Cost CostOf(const DecoderSizes& sizes, int64_t num_visible) const override {
    const int64_t d = sizes.encoder_dim, t = sizes.target_dim;
    // The latents without the CLS token are a copy.
    const int64_t copied = sizes.class_token ? num_visible * d : 0;
    Cost visible = ProductCost(num_visible, d, t);
    visible.activations = num_visible * t + copied;
    if (sizes.every_patch) return visible;
    const int64_t masked = sizes.grid.size() - num_visible;
    Cost cost = ProductCost(masked, d, t);
    cost.activations = masked * (d + t);
    if (removed_only()) return cost;
    // The predictions are kept in both orders.
    cost.activations += (masked + num_visible) * t;
    return cost + visible;
  }

  std::shared_ptr<Decoder> Build(const DecoderSizes& sizes) const override {
    return std::make_shared<LinearDecoder>(spec(), sizes);
  }
};

const bool kLinear = RegisterDecoder<LinearPlan>(
    {"linear",
     "One matrix for every patch; of the decoder's fields only masked_only "
     "applies (SimMIM)."});

}  // namespace
}  // namespace caldera::vit
