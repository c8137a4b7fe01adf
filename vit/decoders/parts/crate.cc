// CRATE-MAE's decoder: the inverses of the encoder's CRATE blocks
// (vit/blocks/parts/crate.h).
#include "vit/blocks/parts/crate.h"

#include "vit/blocks/block_cost.h"
#include "vit/cost.h"
#include "vit/decoders/decoder_plan.h"
#include "vit/decoders/transformer_decoder.h"

namespace caldera::vit {
namespace {

class CratePlan : public TransformerPlan {
 public:
  using TransformerPlan::TransformerPlan;

 private:
  std::shared_ptr<TokenBlock> MakeBlock() const override {
    CrateOptions options;
    options.embed_dim = spec().embed_dim();
    options.num_heads = spec().num_heads();
    options.recompute = spec().checkpoint_blocks();
    return MakeCrateDecoderBlock(options);
  }

  // The block computes all tokens, whatever it returns: the dictionary, the
  // attention's one projection, scores, values and output. It keeps both norms,
  // the dictionary's output, the projection, the attention's output and the
  // block's output.
  BlockCost CostOfBlock(int64_t /*queries*/, int64_t tokens,
                        int64_t /*memory*/) const override {
    const int64_t d = spec().embed_dim();
    return {ProductCost(tokens, d, d) * 3 + ProductCost(tokens, d, tokens) * 2,
            {tokens * (5 * d + spec().num_heads() + 4), tokens * d}};
  }
};

const bool kCrate = RegisterDecoder<CratePlan>(
    {"crate", "The inverses of the encoder's CRATE blocks (CRATE-MAE)."});

}  // namespace
}  // namespace caldera::vit
