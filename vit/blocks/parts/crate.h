// CRATE's white-box blocks: each step of the forward pass lowers an objective
// that can be written down, the sparse rate reduction.
//
//   encoder { block: CRATE crate { sparsity: 0.5 } }
//
//   auto block = vit::MakeCrateBlock(options);
//   at::Tensor z = block->Forward(x, {});  // [B, N, D] >= 0, sparse
//
// Encoder: attention with one projection w for queries, keys and values moves
// the tokens towards a union of subspaces; one step of ISTA then codes them in
// a learned dictionary D (the weight of `fn`),
//
//   y = x + proj(softmax(w w^T / sqrt(d)) w),          w = W norm(x)
//   z = ReLU(n + step D^T (n - D n) - step sparsity),  n = norm(y)
//
// Decoder: the inverse, z = D norm(x), then z - proj(attention of norm(z)).
//
// Caveats: there is no residual around ISTA, so drop path does not apply;
// neither do mlp_ratio and qkv_bias. A block has 3 D^2 weights, in the encoder
// and in the decoder; a transformer's has 12 D^2.
//
// Source: Pai et al., Masked Completion via Structured Diffusion with White-Box
// Transformers, ICLR 2024; Ma-Lab-Berkeley/CRATE, model/crate_ae, whose
// parameter names we keep. The authors compute D^T x and D^T D x separately,
// three products where we need two. With one head their code has no `to_out`;
// ours always has it.
#ifndef CALDERA_VIT_BLOCKS_PARTS_CRATE_H_
#define CALDERA_VIT_BLOCKS_PARTS_CRATE_H_

#include <cstdint>
#include <memory>

#include "vit/blocks/token_block.h"

namespace caldera::vit {

struct CrateOptions {
  int64_t embed_dim = 0;
  int64_t num_heads = 0;   // divides embed_dim
  double step_size = 0.1;  // of ISTA
  double sparsity = 0.1;   // lambda
  bool recompute = false;  // keeps only the input for the backward pass
};

// Return a block of the encoder, and one of the decoder.
std::shared_ptr<TokenBlock> MakeCrateBlock(const CrateOptions& options);
std::shared_ptr<TokenBlock> MakeCrateDecoderBlock(const CrateOptions& options);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_PARTS_CRATE_H_
