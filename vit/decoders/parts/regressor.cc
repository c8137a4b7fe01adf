// A decoder in two halves: a regressor predicts the latents that the encoder
// would give the masked patches, and the other half predicts their content from
// these latents alone (CAE).
//
// A query is the mask token plus the sine-cosine embedding of its patch. In the
// regressor they attend to the embedded latents of the visible patches, block
// by block, and never to each other; its output is projected to the encoder's
// width. In the decoder these latents, embedded like the visible ones and with
// their position embedding added again, attend to each other only.
//
// Source: Chen et al., Context Autoencoder for Self-Supervised Representation
// Learning, IJCV 2023 (arXiv 2202.03026); Atten4Vis/CAE, modeling_cae.py and
// modeling_cae_helper.py. In that code the regressor's keys include the queries
// of the block, positions are added to queries and keys in every block (here
// once to the queries, and to the keys with regressor_key_positions), and
// branches are scaled (LayerScale). Its regressor has the
// encoder's width, or else the targets are projected to its width; here the
// predictions are projected to the encoder's width.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <glog/logging.h>

#include <vector>

#include "vit/blocks/block.h"
#include "vit/blocks/block_cost.h"
#include "vit/cost.h"
#include "vit/decoders/block_decoder.h"
#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/decoders/parts/regressor.pb.h"
#include "vit/layer_norm.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/linear.h"

namespace caldera::vit {
namespace {

class RegressorDecoder : public BlockDecoder {
 public:
  RegressorDecoder(const DecoderSpec& spec, const DecoderSizes& sizes)
      : BlockDecoder(spec, sizes),
        key_positions_(spec.GetExtension(regressor_key_positions)),
        regressor_(AddBlocks(
            "regressor_blocks", spec.GetExtension(regressor_depth),
            [&] {
              return std::make_shared<CrossBlock>(DecoderBlockOptions(spec));
            })),
        blocks_(AddBlocks("decoder_blocks", spec.depth(), [&] {
          return std::make_shared<Block>(DecoderBlockOptions(spec));
        })) {
    regressor_norm_ =
        register_module("regressor_norm", std::make_shared<LayerNorm>(dim_));
    latent_ = register_module(
        "regressor_latent", std::make_shared<Linear>(dim_, sizes.encoder_dim));
    AddHead();
  }

  Decoded Decode(const DecoderInput& input) const override {
    CHECK(!input.memory.defined()) << "the regressor reads no memory";
    const at::Tensor position =
        RemovedPositions(input.latent, input.ids_restore);
    BlockRequest request;
    request.memory = embed_->forward(input.latent);  // [B, P + Nv, Dd]
    if (key_positions_) {
      request.memory_positions =
          GivenPositions(input.latent, input.ids_restore);
    }
    at::Tensor x = mask_token_ + position;  // [B, Nm, Dd]
    for (const auto& block : regressor_) x = block->Forward(x, request);
    const at::Tensor latents =
        latent_->forward(regressor_norm_->forward(x));  // [B, Nm, D]
    x = embed_->forward(latents) + position;            // [B, Nm, Dd]
    for (const auto& block : blocks_) x = block->Forward(x, {});
    return {Head(x, input.latent),  // [B, Nm, T]
            /*removed_only=*/true, latents.to(input.latent.scalar_type())};
  }

 private:
  // Returns the position embeddings of `latent`, [B, P + Nv, Dd].
  at::Tensor GivenPositions(const at::Tensor& latent,
                            const at::Tensor& ids_restore) const {
    const int64_t prefix = sizes_.prefix(), given = latent.size(1) - prefix;
    const at::Tensor patches =
        GatherRows(pos_embed_.slice(1, prefix),
                   IdsShuffle(ids_restore).slice(1, 0, given));
    return at::cat(
        {pos_embed_.slice(1, 0, prefix).expand({latent.size(0), prefix, dim_}),
         patches},
        1);
  }

  bool key_positions_;
  std::vector<std::shared_ptr<CrossBlock>> regressor_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<LayerNorm> regressor_norm_;
  std::shared_ptr<Linear> latent_;
};

class RegressorPlan : public DecoderPlan {
 public:
  using DecoderPlan::DecoderPlan;

  bool removed_only() const override { return true; }
  bool gives_latents() const override { return true; }

  Cost CostOf(const DecoderSizes& sizes, int64_t num_visible) const override {
    const BlockSizes block = DecoderBlockSizes(spec());
    const int64_t regressors = spec().GetExtension(regressor_depth);
    const int64_t d = block.dim, depth = spec().depth();
    const int64_t masked = sizes.grid.size() - num_visible;
    const int64_t given = sizes.prefix() + num_visible;
    Cost cost = EmbedAndHeadCost(spec(), sizes, given, masked) +
                BlockFlop(block, masked, given) * regressors +
                BlockFlop(block, masked, masked) * depth +
                // The projections to and from the latents.
                ProductCost(masked, d, sizes.encoder_dim) +
                ProductCost(masked, sizes.encoder_dim, d);
    cost.activations +=
        (given + masked) * d +  // the embedded latents, the queries
        Kept(block, CrossAttentionMemory(block, masked, given), regressors) +
        NormMemory(masked, d) +
        masked * (sizes.encoder_dim + d) +  // the latents, embedded
        Kept(block, SelfAttentionMemory(block, masked), depth);
    return cost;
  }

  std::shared_ptr<Decoder> Build(const DecoderSizes& sizes) const override {
    return std::make_shared<RegressorDecoder>(spec(), sizes);
  }
};

const bool kRegressor = RegisterDecoder<RegressorPlan>(
    {"regressor",
     "Mask tokens attend to the latents until they predict the latents of the "
     "removed patches; self-attention among these alone then predicts the "
     "removed patches (CAE)."});

}  // namespace
}  // namespace caldera::vit
