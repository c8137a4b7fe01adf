// CropMAE's decoder: blocks of self-attention over visible and mask tokens,
// cross-attention to another view's latents and an MLP
// (vit/blocks/self_cross_block.h).
#include "vit/blocks/block_cost.h"
#include "vit/blocks/self_cross_block.h"
#include "vit/cost.h"
#include "vit/decoders/block_decoder.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/decoders/transformer_decoder.h"

namespace caldera::vit {
namespace {

class SelfCrossPlan : public TransformerPlan {
 public:
  using TransformerPlan::TransformerPlan;

  bool reads_memory() const override { return true; }

 private:
  std::shared_ptr<TokenBlock> MakeBlock() const override {
    return std::make_shared<SelfCrossBlock>(DecoderBlockOptions(spec()));
  }

  BlockCost CostOfBlock(int64_t queries, int64_t tokens,
                        int64_t memory) const override {
    const int64_t d = spec().embed_dim();
    BlockCost cost = TransformerPlan::CostOfBlock(queries, tokens, memory);
    cost.flop += ProductCost(tokens, d, d) * 2 + ProductCost(memory, d, 2 * d) +
                 ProductCost(tokens, d, memory) * 2;
    cost.memory.interior +=
        tokens * (4 * d + spec().num_heads() + 2) + memory * 2 * d;
    return cost;
  }
};

const bool kSelfCrossAttention = RegisterDecoder<SelfCrossPlan>(
    {"self_cross_attention",
     "Self-attention over visible and mask tokens, and cross-attention to the "
     "latents of another view (CropMAE)."});

}  // namespace
}  // namespace caldera::vit
