#include "vit/model/cost.h"

#include <glog/logging.h>

#include "vit/blocks/block_cost.h"
#include "vit/blocks/block_plan.h"

namespace caldera::vit {
namespace {

// Returns the work of attention whose queries, keys and values are one
// projection.
Cost SubspaceFlop(const BlockSizes& block, int64_t tokens, int64_t keys) {
  const int64_t d = block.dim;
  return ProductCost(tokens, d, d) * 2 + ProductCost(tokens, d, keys) * 2;
}

// Returns the cost of a decoder block on `tokens` tokens, of which it returns
// `queries`.
BlockCost DecoderBlockCost(const DecoderSpec& spec, const BlockSizes& block,
                           int64_t queries, int64_t tokens,
                           int64_t context_tokens) {
  const int64_t d = block.dim;
  if (spec.kind() == DecoderSpec::CRATE) {
    // The block computes all tokens, whatever it returns. It keeps both norms,
    // the dictionary's output, the projection, the attention's output and the
    // block's output.
    return {SubspaceFlop(block, tokens, tokens) + ProductCost(tokens, d, d),
            {tokens * (5 * d + block.heads + 4), tokens * d}};
  }
  BlockCost cost = {BlockFlop(block, queries, tokens),
                    queries == tokens ? SelfAttentionMemory(block, tokens)
                                      : QueriesMemory(block, queries, tokens)};
  if (spec.kind() == DecoderSpec::SELF_CROSS_ATTENTION) {
    cost.flop += ProductCost(tokens, d, d) * 2 +
                 ProductCost(context_tokens, d, 2 * d) +
                 ProductCost(tokens, d, context_tokens) * 2;
    cost.memory.interior +=
        tokens * (4 * d + block.heads + 2) + context_tokens * 2 * d;
  }
  return cost;
}

Cost TransformerCost(const DecoderSpec& spec, const DecoderSizes& sizes,
                     const BlockSizes& block, int64_t predicted) {
  const int64_t prefix = sizes.class_token ? 1 : 0;
  const int64_t tokens = prefix + sizes.grid.size();
  const bool masked_only = spec.masked_only() && !sizes.every_patch;
  const BlockCost full =
      DecoderBlockCost(spec, block, tokens, tokens, sizes.memory);
  const BlockCost last = masked_only ? DecoderBlockCost(spec, block, predicted,
                                                        tokens, sizes.memory)
                                     : full;
  Cost cost = full.flop * (spec.depth() - 1) + last.flop;
  cost += ProductCost(sizes.memory, sizes.encoder_dim, block.dim);
  // The embedded memory and the first block's input are kept.
  cost.activations += (sizes.memory + tokens) * block.dim;
  if (masked_only) {
    cost.activations += Kept(block, full.memory, spec.depth() - 1) +
                        last.memory.output +
                        (block.recompute ? 0 : last.memory.interior);
    if (block.recompute && spec.depth() == 1) {
      cost.activations += last.memory.interior;
    }
    return cost;
  }
  cost.activations += Kept(block, full.memory, spec.depth());
  if (!sizes.every_patch) {
    // Putting the tokens in order keeps them in the old order and, as int64,
    // the place of each.
    cost.activations += tokens * block.dim + (prefix > 0 ? 2 * tokens : 0);
  }
  return cost;
}

Cost LinearCost(const DecoderSpec& spec, const DecoderSizes& sizes,
                int64_t prefix, int64_t masked, int64_t visible) {
  const int64_t d = sizes.encoder_dim, t = sizes.target_dim;
  if (sizes.every_patch) {
    Cost cost = ProductCost(visible, d, t);
    cost.activations = visible * t + (prefix > 0 ? visible * d : 0);
    return cost;
  }
  Cost cost = ProductCost(masked, d, t);
  cost.activations = masked * (d + t);
  if (spec.masked_only()) return cost;
  cost += ProductCost(visible, d, t);
  // The latents without the CLS token are a copy; the predictions are kept in
  // both orders.
  cost.activations =
      masked * d + (prefix > 0 ? visible * d : 0) + 2 * (masked + visible) * t;
  return cost;
}

}  // namespace

Cost EncoderCost(const EncoderSpec& spec, int64_t num_visible,
                 std::optional<int64_t> num_context) {
  const int64_t d = spec.embed_dim();
  const int64_t prefix = spec.class_token() ? 1 : 0;
  const int64_t tokens = prefix + num_visible;
  const int64_t keys = prefix + num_context.value_or(num_visible);
  const int64_t patch =
      int64_t{spec.channels()} * spec.patch_size() * spec.patch_size();
  const auto plan = PlanBlocks(spec);
  CHECK(plan.ok()) << plan.status();
  const BlockCost block = (*plan)->CostOf(
      tokens,
      num_context.has_value() ? std::optional<int64_t>(keys) : std::nullopt);
  Cost cost = ProductCost(num_visible, patch, d, /*input_gradient=*/false) +
              block.flop * spec.depth();
  cost.activations =
      num_visible * patch + tokens * d +
      Kept({d, 0, 0, spec.checkpoint_blocks()}, block.memory, spec.depth()) +
      (spec.final_norm() ? NormMemory(tokens, d) : 0);
  if (num_context.has_value() && prefix > 0) {
    cost.activations += 2 * keys;  // their numbers, as int64
  }
  return cost;
}

Cost DecoderCost(const DecoderSpec& spec, const DecoderSizes& sizes,
                 int64_t num_visible) {
  const int64_t d = spec.embed_dim(), t = sizes.target_dim;
  const int64_t prefix = sizes.class_token ? 1 : 0;
  const int64_t patches = sizes.grid.size(), masked = patches - num_visible;
  const int64_t given = prefix + num_visible;
  const BlockSizes block = {d, static_cast<int64_t>(d * spec.mlp_ratio()),
                            spec.num_heads(), spec.checkpoint_blocks()};
  Cost cost;
  int64_t predicted = masked;
  switch (spec.kind()) {
    case DecoderSpec::LINEAR:
      return LinearCost(spec, sizes, prefix, masked, num_visible);
    case DecoderSpec::TRANSFORMER:
    case DecoderSpec::SELF_CROSS_ATTENTION:
    case DecoderSpec::CRATE:
      if (!spec.masked_only() || sizes.every_patch) predicted = patches;
      cost = TransformerCost(spec, sizes, block, predicted);
      break;
    case DecoderSpec::CROSS_ATTENTION:
      cost = BlockFlop(block, masked, given) * spec.depth();
      cost.activations =
          given * d + masked * d +  // the embedded latents, the queries
          Kept(block, CrossAttentionMemory(block, masked, given), spec.depth());
      break;
    case DecoderSpec::REGRESSOR:
      cost = BlockFlop(block, masked, given) * spec.regressor_depth() +
             BlockFlop(block, masked, masked) * spec.depth() +
             // The projections to and from the latents.
             ProductCost(masked, d, sizes.encoder_dim) +
             ProductCost(masked, sizes.encoder_dim, d);
      cost.activations =
          given * d + masked * d +  // the embedded latents, the queries
          Kept(block, CrossAttentionMemory(block, masked, given),
               spec.regressor_depth()) +
          NormMemory(masked, d) +
          masked * (sizes.encoder_dim + d) +  // the latents, embedded
          Kept(block, SelfAttentionMemory(block, masked), spec.depth());
      break;
    case DecoderSpec::NONE:
      return cost;
  }
  cost +=
      ProductCost(given, sizes.encoder_dim, d) + ProductCost(predicted, d, t);
  cost.activations += NormMemory(predicted, d) + predicted * t;
  return cost;
}

}  // namespace caldera::vit
