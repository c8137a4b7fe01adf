// ViT's blocks (vit/blocks/block.h).
#include <cstdint>
#include <memory>
#include <optional>

#include "vit/blocks/block.h"
#include "vit/blocks/block_cost.h"
#include "vit/blocks/block_plan.h"
#include "vit/blocks/drop_path.h"

namespace caldera::vit {
namespace {

class TransformerBlocks : public BlockPlan {
 public:
  using BlockPlan::BlockPlan;

  BlockCost CostOf(int64_t tokens, std::optional<int64_t> keys) const override {
    const int64_t d = spec().embed_dim();
    const BlockSizes sizes = {d, static_cast<int64_t>(d * spec().mlp_ratio()),
                              spec().num_heads(), spec().checkpoint_blocks()};
    return {BlockFlop(sizes, tokens, keys.value_or(tokens)),
            keys.has_value() ? ContextMemory(sizes, tokens, *keys)
                             : SelfAttentionMemory(sizes, tokens)};
  }

  std::shared_ptr<TokenBlock> Build(int64_t i) const override {
    BlockOptions options;
    options.embed_dim = spec().embed_dim();
    options.num_heads = spec().num_heads();
    options.mlp_ratio = spec().mlp_ratio();
    options.qkv_bias = spec().qkv_bias();
    options.recompute = spec().checkpoint_blocks();
    options.drop_path = DropPathRate(spec().drop_path(), i, spec().depth());
    return std::make_shared<Block>(options);
  }
};

const bool kTransformer = BlockPart::Register<EncoderSpec>(
    {"transformer", "ViT's blocks: attention and an MLP, each after a norm."},
    [](const EncoderSpec& spec, const EncoderSpec&) {
      return std::make_unique<TransformerBlocks>(spec);
    });

}  // namespace
}  // namespace caldera::vit
