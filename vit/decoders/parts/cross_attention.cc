// A decoder whose tokens are the masked patches only: they are the queries of
// cross-attention to the latents (CrossMAE; Fu et al. 2024, "Rethinking Patch
// Dependence for Masked Autoencoders").
//
// A query is the mask token plus the sine-cosine embedding of its patch. Keys
// and values are the embedded latents, CLS token included, without a position
// embedding: the encoder has added one already. Masked patches do not attend to
// each other, so the work grows with Nm * Nv in place of N^2.
#include <ATen/TensorOperators.h>

#include <vector>

#include "vit/blocks/block.h"
#include "vit/blocks/block_cost.h"
#include "vit/cost.h"
#include "vit/decoders/block_decoder.h"
#include "vit/decoders/decoder_plan.h"

namespace caldera::vit {
namespace {

class CrossAttentionDecoder : public BlockDecoder {
 public:
  CrossAttentionDecoder(const DecoderSpec& spec, const DecoderSizes& sizes)
      : BlockDecoder(spec, sizes),
        blocks_(AddBlocks("decoder_blocks", spec.depth(), [&] {
          return std::make_shared<CrossBlock>(DecoderBlockOptions(spec));
        })) {
    AddHead();
  }

  Decoded Decode(const DecoderInput& input) const override {
    BlockRequest request;
    request.memory = embed_->forward(
        input.memory.defined() ? input.memory : input.latent);  // [B, M, Dd]
    at::Tensor x =
        mask_token_ + RemovedPositions(input.latent, input.ids_restore);
    for (const auto& block : blocks_) x = block->Forward(x, request);
    return {Head(x, input.latent), /*removed_only=*/true};  // [B, Nm, T]
  }

 private:
  std::vector<std::shared_ptr<CrossBlock>> blocks_;
};

class CrossAttentionPlan : public DecoderPlan {
 public:
  using DecoderPlan::DecoderPlan;

  bool removed_only() const override { return true; }

  Cost CostOf(const DecoderSizes& sizes, int64_t num_visible) const override {
    const BlockSizes block = DecoderBlockSizes(spec());
    const int64_t masked = sizes.grid.size() - num_visible;
    const int64_t given = sizes.prefix() + num_visible;
    Cost cost = EmbedAndHeadCost(spec(), sizes, given, masked) +
                BlockFlop(block, masked, given) * spec().depth();
    cost.activations +=
        (given + masked) * block.dim +  // the embedded latents, the queries
        Kept(block, CrossAttentionMemory(block, masked, given), spec().depth());
    return cost;
  }

  std::shared_ptr<Decoder> Build(const DecoderSizes& sizes) const override {
    return std::make_shared<CrossAttentionDecoder>(spec(), sizes);
  }
};

const bool kCrossAttention = RegisterDecoder<CrossAttentionPlan>(
    {"cross_attention",
     "Mask tokens attend to the latents and not to each other (CrossMAE); "
     "predicts the removed patches only."});

}  // namespace
}  // namespace caldera::vit
