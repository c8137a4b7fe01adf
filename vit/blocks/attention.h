// Multi-head attention, with timm's parameter names.
//
//   vit::Attention attention(192, 3);
//   vit::AttentionTap tap;
//   tap.with_weights = true;
//   vit::AttentionRequest request;
//   request.tap = &tap;
//   // x + proj(attention of norm(x)), [B, N, D] -> [B, N, D]
//   at::Tensor y = attention.AddTo(x, norm, request).Sum();
//   tap.weights;  // [B, h, N, N], rows sum to 1
//
// Attention calls at::scaled_dot_product_attention, which never stores the N x
// N weights, unless a tap asks for them.
#ifndef CALDERA_VIT_BLOCKS_ATTENTION_H_
#define CALDERA_VIT_BLOCKS_ATTENTION_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "vit/layer_norm.h"
#include "vit/ops/linear.h"
#include "vit/ops/residual.h"
#include "vit/ops/rotary.h"

namespace caldera::vit {

// The tensors of one attention layer that masking by attention and the pictures
// read.
struct AttentionTap {
  bool with_weights =
      false;  // set by the caller; queries and keys are always given
  at::Tensor queries, keys;  // [B, h, N, D/h], [B, h, K, D/h]
  at::Tensor weights;  // [B, h, N, K], softmax over the last dim in float32
};

// Which tokens are queries and keys, and what the caller wants to see.
struct AttentionRequest {
  AttentionTap* tap = nullptr;  // filled by the attention
  // int64 [B, K]: the only tokens that are keys and values; undefined: all
  // tokens.
  at::Tensor key_ids;
  int64_t first = 0;  // tokens before it are keys only, and not returned
  Rotation rotation;  // of queries and keys, for all N tokens
};

// Returns softmax(q k^T / sqrt(D/h)) v for [B, h, N, D/h] tensors, with the
// heads joined again: [B, Nq, D]. Fills the fields of `tap` where one is given.
at::Tensor Attend(const at::Tensor& queries, const at::Tensor& keys,
                  const at::Tensor& values, AttentionTap* tap);

struct AttentionOptions {
  bool qkv_bias = true;
  bool proj_bias = true;
  // Normalises queries and keys head by head. Source: Dehghani et al., Scaling
  // vision transformers to 22 billion parameters; timm's qk_norm.
  bool qk_norm = false;
  double norm_eps = kLayerNormEps;
};

class Attention : public torch::nn::Module {
 public:
  Attention(int64_t embed_dim, int64_t num_heads,
            const AttentionOptions& options = {});

  // Returns x + scale * proj(attention of norm(x)): [B, N, D] -> [B, N - first,
  // D]. scale: [B, 1, 1] or [D]; 1 where it is undefined.
  Residual AddTo(const Residual& x, const LayerNorm& norm,
                 const AttentionRequest& request,
                 const at::Tensor& scale = {}) const;

 private:
  // Returns the heads that are compared, normalised and turned: [B, h, N, D/h].
  at::Tensor Queries(const at::Tensor& heads, const Rotation& rotation) const;
  at::Tensor Keys(const at::Tensor& heads, const Rotation& rotation) const;

  int64_t num_heads_;
  std::shared_ptr<Linear> qkv_, proj_;
  std::shared_ptr<LayerNorm> q_norm_, k_norm_;  // null without qk_norm
};

// Attention of tokens to other tokens (a memory), and not to each other.
class CrossAttention : public torch::nn::Module {
 public:
  CrossAttention(int64_t embed_dim, int64_t num_heads);

  // Returns x + proj(attention of norm(x) to the memory): x [B, N, D], memory
  // [B, M, D] -> [B, N, D]. positions: [B, M, D], added to the memory for the
  // keys and not for the values; undefined: none.
  at::Tensor AddTo(const at::Tensor& x, const LayerNorm& norm,
                   const at::Tensor& memory,
                   const at::Tensor& positions = {}) const;

 private:
  int64_t num_heads_;
  std::shared_ptr<Linear> q_, kv_, proj_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_ATTENTION_H_
