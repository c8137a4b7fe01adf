#include "vit/model/cost.h"

namespace caldera::vit {
namespace {

struct BlockSizes {
  int64_t dim, hidden, heads;
  bool recompute;
};

// Returns the work of `queries` tokens that attend to `keys` tokens and pass
// through projection and MLP.
Cost BlockFlop(const BlockSizes& block, int64_t queries, int64_t keys) {
  const int64_t d = block.dim;
  return ProductCost(queries, d, d) + ProductCost(keys, d, 2 * d) +  // q, kv
         ProductCost(queries, d, keys) * 2 +  // scores, and their values
         ProductCost(queries, d, d) + ProductCost(queries, d, block.hidden) +
         ProductCost(queries, block.hidden, d);
}

// Returns the numbers kept from the attention's output on: that output (with
// the log of its softmax's sum), the first residual sum, the norm's two numbers
// a token, GELU's input and the block's output.
int64_t AfterAttention(const BlockSizes& block, int64_t queries) {
  return queries * (3 * block.dim + block.hidden + block.heads + 2);
}

// The numbers that a block keeps for the backward pass. With recompute only one
// block's interior is alive, while its gradient is computed.
struct BlockMemory {
  int64_t interior = 0, output = 0;
};

BlockMemory SelfAttentionMemory(const BlockSizes& block, int64_t tokens) {
  const int64_t output = tokens * block.dim;
  // The norm keeps two numbers a token; queries, keys and values are kept.
  return {tokens * (2 + 3 * block.dim) + AfterAttention(block, tokens) - output,
          output};
}

// All tokens are queries; only `keys` of them are keys and values, whose
// normalised rows are copied.
BlockMemory ContextMemory(const BlockSizes& block, int64_t tokens,
                          int64_t keys) {
  const int64_t output = tokens * block.dim;
  return {tokens * (2 + 2 * block.dim) + keys * 3 * block.dim +
              AfterAttention(block, tokens) - output,
          output};
}

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

// Counts the last block of a decoder that predicts only `queries` of its
// tokens, whose normalised rows are copied for the queries.
BlockMemory LastBlockMemory(const BlockSizes& block, int64_t queries,
                            int64_t tokens) {
  const int64_t output = queries * block.dim;
  return {tokens * (2 + 3 * block.dim) + queries * 2 * block.dim +
              AfterAttention(block, queries) - output,
          output};
}

BlockMemory CrossAttentionMemory(const BlockSizes& block, int64_t queries,
                                 int64_t keys) {
  const int64_t output = queries * block.dim;
  return {queries * (2 + 2 * block.dim) + keys * 2 * block.dim +
              AfterAttention(block, queries) - output,
          output};
}

// Returns the numbers that `count` successive blocks keep.
int64_t Kept(const BlockSizes& block, const BlockMemory& memory,
             int64_t count) {
  return count * memory.output + (block.recompute
                                      ? (count > 0 ? memory.interior : 0)
                                      : count * memory.interior);
}

int64_t NormMemory(int64_t tokens, int64_t dim) { return tokens * (2 + dim); }

struct BlockCost {
  Cost flop;
  BlockMemory memory;
};

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
                    queries == tokens
                        ? SelfAttentionMemory(block, tokens)
                        : LastBlockMemory(block, queries, tokens)};
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

Cost& Cost::operator+=(const Cost& other) {
  forward_flop += other.forward_flop;
  backward_flop += other.backward_flop;
  activations += other.activations;
  return *this;
}

Cost operator+(Cost a, const Cost& b) { return a += b; }

Cost operator*(Cost cost, int64_t times) {
  cost.forward_flop *= times;
  cost.backward_flop *= times;
  cost.activations *= times;
  return cost;
}

Cost ProductCost(int64_t rows, int64_t in, int64_t out, bool input_gradient) {
  const int64_t forward = 2 * rows * in * out;
  return {forward, input_gradient ? 2 * forward : forward, 0};
}

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
