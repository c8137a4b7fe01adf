// The interface of the blocks that encoders and decoders are made of.
//
//   vit::BlockRequest request;
//   request.first = 5;
//   at::Tensor y = block.Forward(x, request);  // [B, N - 5, D]
#ifndef CALDERA_VIT_BLOCKS_TOKEN_BLOCK_H_
#define CALDERA_VIT_BLOCKS_TOKEN_BLOCK_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>

#include "vit/blocks/attention.h"

namespace caldera::vit {

// The inputs of a block other than its tokens [B, N, D]. The code that
// builds a block knows which of them its class reads.
struct BlockRequest {
  // [B, 2] in [0, 1), one number per branch; it must be defined in training
  // mode where the block drops paths.
  at::Tensor drop_path_uniforms;
  AttentionTap* tap = nullptr;  // filled by the attention
  // int64 [B, K]: the only tokens that are keys and values; undefined: all
  // tokens.
  at::Tensor key_ids;
  at::Tensor memory;  // [B, M, D], for blocks that read one
  int64_t first = 0;  // tokens before it are keys only, and not returned
};

class TokenBlock : public torch::nn::Module {
 public:
  // Returns the tokens after the block: [B, N, D] -> [B, N - first, D].
  virtual at::Tensor Forward(const at::Tensor& x,
                             const BlockRequest& request) const = 0;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_TOKEN_BLOCK_H_
