#include "vit/model/cost.h"

#include "vit/blocks/block_cost.h"

namespace caldera::vit {
namespace {

// Returns the work of attention whose queries, keys and values are one
// projection.
Cost SubspaceFlop(const BlockSizes& block, int64_t tokens, int64_t keys) {
  const int64_t d = block.dim;
  return ProductCost(tokens, d, d) * 2 + ProductCost(tokens, d, keys) * 2;
}

// Returns the work of CRATE's encoder block: attention, and two products with
// the dictionary.
Cost CrateFlop(const BlockSizes& block, int64_t tokens, int64_t keys) {
  return SubspaceFlop(block, tokens, keys) +
         ProductCost(tokens, block.dim, block.dim) * 2;
}

// Counts both norms, the projection, the attention's output, the sum, the
// dictionary's residue and the output.
BlockMemory CrateMemory(const BlockSizes& block, int64_t tokens, int64_t keys) {
  const int64_t output = tokens * block.dim;
  return {tokens * (6 * block.dim + block.heads + 4) +
              (keys < tokens ? keys * block.dim : 0),
          output};
}

}  // namespace

Cost EncoderCost(const EncoderSpec& spec, int64_t num_visible,
                 std::optional<int64_t> num_context) {
  const int64_t d = spec.embed_dim();
  const BlockSizes block = {d, static_cast<int64_t>(d * spec.mlp_ratio()),
                            spec.num_heads(), spec.checkpoint_blocks()};
  const int64_t prefix = spec.class_token() ? 1 : 0;
  const int64_t tokens = prefix + num_visible;
  const int64_t keys = prefix + num_context.value_or(num_visible);
  const int64_t patch =
      int64_t{spec.channels()} * spec.patch_size() * spec.patch_size();
  const bool crate = spec.block() == EncoderSpec::CRATE;
  const Cost flop =
      crate ? CrateFlop(block, tokens, keys) : BlockFlop(block, tokens, keys);
  const BlockMemory memory = crate ? CrateMemory(block, tokens, keys)
                             : num_context.has_value()
                                 ? ContextMemory(block, tokens, keys)
                                 : SelfAttentionMemory(block, tokens);
  Cost cost = ProductCost(num_visible, patch, d, /*input_gradient=*/false) +
              flop * spec.depth();
  cost.activations = num_visible * patch + tokens * d +
                     Kept(block, memory, spec.depth()) +
                     (spec.final_norm() ? NormMemory(tokens, d) : 0);
  if (num_context.has_value() && prefix > 0) {
    cost.activations += 2 * keys;  // their numbers, as int64
  }
  return cost;
}

}  // namespace caldera::vit
