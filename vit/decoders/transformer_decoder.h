// MAE's decoder: a light transformer over visible and mask tokens.
//
//   TransformerPlan plan(spec);
//   auto decoder = plan.Build({768, {14, 14}, 16 * 16 * 3, true});
//   decoder->Decode({latent, ids_restore}).prediction;  // [B, 196, 768]
//
// Parameter names are the official code's (`decoder_pred.bias`, `mask_token`).
//
// With spec.masked_only the decoder returns the same predictions for the masked
// patches alone. A transformer does not depend on the order of its tokens, so
// they stay shuffled, visible ones first, and in the last block only the masked
// ones are queries and pass through projection and MLP. That saves 2.5 % of
// MAE-B's work.
//
// A plan with other blocks is a decoder of these, which may read a memory.
// Where the latents are those of every patch, there is no mask token.
#ifndef CALDERA_VIT_DECODERS_TRANSFORMER_DECODER_H_
#define CALDERA_VIT_DECODERS_TRANSFORMER_DECODER_H_

#include <cstdint>
#include <memory>

#include "vit/blocks/block_cost.h"
#include "vit/blocks/token_block.h"
#include "vit/cost.h"
#include "vit/decoders/decoder.h"
#include "vit/decoders/decoder_plan.h"

namespace caldera::vit {

class TransformerPlan : public DecoderPlan {
 public:
  using DecoderPlan::DecoderPlan;

  bool takes_every_patch() const override { return !reads_memory(); }
  Cost CostOf(const DecoderSizes& sizes, int64_t num_visible) const override;
  std::shared_ptr<Decoder> Build(const DecoderSizes& sizes) const override;

 protected:
  virtual std::shared_ptr<TokenBlock> MakeBlock() const;
  // Returns the cost of a block on `tokens` tokens, of which it returns
  // `queries`, beside a memory of `memory` tokens.
  virtual BlockCost CostOfBlock(int64_t queries, int64_t tokens,
                                int64_t memory) const;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_TRANSFORMER_DECODER_H_
