#include "vit/blocks/block_cost.h"

namespace caldera::vit {
namespace {

// Returns the numbers kept from the attention's output on, but for the block's
// own: that output (with the log of its softmax's sum), the first residual sum,
// the norm's two numbers a token, and GELU's input.
int64_t AfterAttention(const BlockSizes& block, int64_t queries) {
  return queries * (2 * block.dim + block.hidden + block.heads + 2);
}

}  // namespace

Cost BlockFlop(const BlockSizes& block, int64_t queries, int64_t keys) {
  const int64_t d = block.dim;
  return ProductCost(queries, d, d) + ProductCost(keys, d, 2 * d) +  // q, kv
         ProductCost(queries, d, keys) * 2 +  // scores, and their values
         ProductCost(queries, d, d) + ProductCost(queries, d, block.hidden) +
         ProductCost(queries,
                     block.activated > 0 ? block.activated : block.hidden, d);
}

BlockMemory SelfAttentionMemory(const BlockSizes& block, int64_t tokens) {
  // The norm keeps two numbers a token; queries, keys and values are kept.
  return {tokens * (2 + 3 * block.dim) + AfterAttention(block, tokens),
          tokens * block.dim};
}

BlockMemory QueriesMemory(const BlockSizes& block, int64_t queries,
                          int64_t tokens) {
  return {tokens * (2 + 3 * block.dim) + queries * 2 * block.dim +
              AfterAttention(block, queries),
          queries * block.dim};
}

BlockMemory ContextMemory(const BlockSizes& block, int64_t tokens,
                          int64_t keys) {
  return {tokens * (2 + 2 * block.dim) + keys * 3 * block.dim +
              AfterAttention(block, tokens),
          tokens * block.dim};
}

BlockMemory CrossAttentionMemory(const BlockSizes& block, int64_t queries,
                                 int64_t keys) {
  return {queries * (2 + 2 * block.dim) + keys * 2 * block.dim +
              AfterAttention(block, queries),
          queries * block.dim};
}

int64_t Kept(const BlockSizes& block, const BlockMemory& memory,
             int64_t count) {
  const int64_t interiors = block.recompute && count > 0 ? 1 : count;
  return count * memory.output + interiors * memory.interior;
}

int64_t NormMemory(int64_t tokens, int64_t dim) { return tokens * (2 + dim); }

}  // namespace caldera::vit
