// The work and the memory of transformer blocks, from their sizes alone
// (vit/cost.h says what is counted).
//
//   const BlockSizes block = {768, 4 * 768, 12, /*recompute=*/false};
//   Cost cost = BlockFlop(block, 197, 197) * 12;
//   cost.activations = Kept(block, SelfAttentionMemory(block, 197), 12);
#ifndef CALDERA_VIT_BLOCKS_BLOCK_COST_H_
#define CALDERA_VIT_BLOCKS_BLOCK_COST_H_

#include <cstdint>

#include "vit/cost.h"

namespace caldera::vit {

struct BlockSizes {
  int64_t dim, hidden, heads;
  bool recompute;
  int64_t activated = 0;  // inputs of the MLP's second layer; 0: hidden
};

// The numbers that a block keeps for the backward pass. With recompute only one
// block's interior is alive, while its gradient is computed.
struct BlockMemory {
  int64_t interior = 0, output = 0;
};

struct BlockCost {
  Cost flop;
  BlockMemory memory;
};

// Returns the work of `queries` tokens that attend to `keys` tokens and pass
// through projection and MLP.
Cost BlockFlop(const BlockSizes& block, int64_t queries, int64_t keys);

// Returns the memory of a block whose tokens are queries, keys and values.
BlockMemory SelfAttentionMemory(const BlockSizes& block, int64_t tokens);

// Returns the memory of a block that returns only `queries` of its tokens, and
// copies their normalised rows.
BlockMemory QueriesMemory(const BlockSizes& block, int64_t queries,
                          int64_t tokens);

// Returns the memory of a block whose tokens are queries, and where only `keys`
// of them are keys and values, whose normalised rows are copied.
BlockMemory ContextMemory(const BlockSizes& block, int64_t tokens,
                          int64_t keys);

// Returns the memory of a block whose keys and values are other tokens.
BlockMemory CrossAttentionMemory(const BlockSizes& block, int64_t queries,
                                 int64_t keys);

// Returns the numbers that `count` successive blocks keep.
int64_t Kept(const BlockSizes& block, const BlockMemory& memory, int64_t count);

// Returns the numbers that a norm and what reads it keep.
int64_t NormMemory(int64_t tokens, int64_t dim);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_BLOCK_COST_H_
