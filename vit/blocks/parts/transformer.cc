// ViT's blocks (vit/blocks/block.h).
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/field_check.h"
#include "vit/blocks/block.h"
#include "vit/blocks/block_cost.h"
#include "vit/blocks/block_plan.h"
#include "vit/blocks/drop_path.h"
#include "vit/ops/activation.h"

namespace caldera::vit {
namespace {

class TransformerBlocks : public BlockPlan {
 public:
  using BlockPlan::BlockPlan;

  BlockCost CostOf(int64_t tokens, std::optional<int64_t> keys) const override {
    const int64_t d = spec().embed_dim();
    const auto hidden = static_cast<int64_t>(d * spec().mlp_ratio());
    const BlockSizes sizes = {d, hidden, spec().num_heads(),
                              spec().checkpoint_blocks(),
                              ActivatedWidth(hidden, spec().activation())};
    BlockCost cost = {BlockFlop(sizes, tokens, keys.value_or(tokens)),
                      keys.has_value() ? ContextMemory(sizes, tokens, *keys)
                                       : SelfAttentionMemory(sizes, tokens)};
    cost.memory.interior += OptionsMemory(tokens, keys.value_or(tokens));
    return cost;
  }

  absl::Status Check() const override {
    const int64_t dims = spec().embed_dim() / spec().num_heads();
    return base::FieldCheck()
        .Require(
            spec().position_embedding() != EncoderSpec::ROPE || dims % 4 == 0,
            "position_embedding", "ROPE",
            absl::StrCat("needs heads of a multiple of 4 numbers, not of ",
                         dims, " (embed_dim over num_heads)"))
        .Require(
            spec().activation() != EncoderSpec::SWIGLU ||
                static_cast<int64_t>(spec().embed_dim() * spec().mlp_ratio()) %
                        2 ==
                    0,
            "activation", "SWIGLU",
            "halves fc1's outputs, whose number (embed_dim times "
            "mlp_ratio) is odd")
        .status();
  }

  std::shared_ptr<TokenBlock> Build(int64_t i) const override {
    BlockOptions options;
    options.embed_dim = spec().embed_dim();
    options.num_heads = spec().num_heads();
    options.mlp_ratio = spec().mlp_ratio();
    options.qkv_bias = spec().qkv_bias();
    options.recompute = spec().checkpoint_blocks();
    options.drop_path = DropPathRate(spec().drop_path(), i, spec().depth());
    options.layer_scale = spec().layer_scale();
    options.qk_norm = spec().qk_norm();
    options.proj_bias = spec().proj_bias();
    options.activation = spec().activation();
    options.norm_eps = spec().norm_eps();
    return std::make_shared<Block>(options);
  }

 private:
  // Returns the numbers that the options keep for the backward pass.
  int64_t OptionsMemory(int64_t tokens, int64_t keys) const {
    const int64_t d = spec().embed_dim();
    int64_t kept = 0;
    if (spec().layer_scale() > 0) kept += 2 * tokens * d;  // the branches
    // The normalised queries and keys, and the norm's two numbers a head and
    // token. They lie head by head, and so does what attention makes of them:
    // joining the heads is a copy.
    if (spec().qk_norm()) {
      kept += (tokens + keys) * (d + 2 * spec().num_heads()) + tokens * d;
    }
    if (spec().position_embedding() == EncoderSpec::ROPE) {
      kept += (tokens + keys) * d;  // the turned ones
    }
    if (spec().activation() != EncoderSpec::GELU) {
      // What the second layer reads; the activation keeps its input.
      kept += tokens * static_cast<int64_t>(d * spec().mlp_ratio());
    }
    if (spec().activation() == EncoderSpec::QUICK_GELU) {  // its sigmoid
      kept += tokens * static_cast<int64_t>(d * spec().mlp_ratio());
    }
    return kept;
  }
};

const bool kTransformer = BlockPart::Register<EncoderSpec>(
    {"transformer", "ViT's blocks: attention and an MLP, each after a norm."},
    [](const EncoderSpec& spec, const EncoderSpec&) {
      return std::make_unique<TransformerBlocks>(spec);
    });

}  // namespace
}  // namespace caldera::vit
