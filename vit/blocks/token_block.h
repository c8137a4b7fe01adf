// The blocks that encoders and decoders are made of.
//
//   vit::BlockRequest request;
//   request.first = 5;
//   at::Tensor y = block.Forward(x, request);  // [B, N - 5, D]
//
// A class of blocks states its formula in Run. What all of them have in common
// is here: recomputation, which inputs a block reads, and when it drops paths.
#ifndef CALDERA_VIT_BLOCKS_TOKEN_BLOCK_H_
#define CALDERA_VIT_BLOCKS_TOKEN_BLOCK_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "vit/blocks/attention.h"

namespace caldera::vit {

// The inputs of a block other than its tokens [B, N, D].
struct BlockRequest : AttentionRequest {
  // [B, 2] in [0, 1), one number per branch; it must be defined in training
  // mode where the block drops paths.
  at::Tensor drop_path_uniforms;
  at::Tensor memory;  // [B, M, D], for blocks that read one, and only these
  // [B, M, D], without gradient, added to the memory for the keys alone;
  // undefined: none. Only CrossBlock reads it.
  at::Tensor memory_positions;
};

// What is common to all blocks.
struct BlockTraits {
  bool recompute = false;  // keeps only the inputs for the backward pass
  bool reads_memory = false;
  double drop_path = 0;  // probability of dropping a branch in training
};

class TokenBlock : public torch::nn::Module {
 public:
  explicit TokenBlock(const BlockTraits& traits) : traits_(traits) {}

  // Returns the tokens after the block: [B, N, D] -> [B, N - first, D]. With a
  // tap the block keeps its activations instead of computing them again.
  at::Tensor Forward(const at::Tensor& x, const BlockRequest& request) const;

 protected:
  const BlockTraits& traits() const { return traits_; }

 private:
  // Computes the block. request.drop_path_uniforms is defined only where paths
  // are to be dropped. With `recompute` the backward pass calls it again.
  virtual at::Tensor Run(const at::Tensor& x,
                         const BlockRequest& request) const = 0;

  BlockTraits traits_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_TOKEN_BLOCK_H_
