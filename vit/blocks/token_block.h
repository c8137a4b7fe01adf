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

// What a block takes beside its tokens [B, N, D]. A kind of block that cannot
// do what is asked CHECKs: whoever builds it knows.
struct BlockRequest {
  // [B, 2] in [0, 1), for the two branches; needed in training mode where the
  // block drops paths.
  at::Tensor drop_path_uniforms;
  AttentionTap* tap = nullptr;  // what the attention leaves
  // int64 [B, K]: the tokens that alone are keys and values; undefined: all.
  at::Tensor key_ids;
  at::Tensor memory;  // [B, M, D], for blocks that read one
  int64_t first = 0;  // tokens before it are read, but not given back
};

class TokenBlock : public torch::nn::Module {
 public:
  // [B, N, D] -> [B, N - first, D]
  virtual at::Tensor Forward(const at::Tensor& x,
                             const BlockRequest& request) const = 0;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_TOKEN_BLOCK_H_
