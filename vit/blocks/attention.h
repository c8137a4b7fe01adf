// Multi-head attention, with timm's parameter names.
//
//   vit::Attention attention(192, 3);
//   at::Tensor y = attention.forward(x);  // [B, N, D] -> [B, N, D]
//   vit::AttentionTap tap;
//   tap.with_weights = true;
//   attention.Heads(x, /*first=*/0, &tap);
//   tap.weights;  // [B, h, N, N], rows sum to 1
//
// Goes through at::scaled_dot_product_attention, which never stores the N x N
// weights, unless a tap asks for them.
#ifndef CALDERA_VIT_BLOCKS_ATTENTION_H_
#define CALDERA_VIT_BLOCKS_ATTENTION_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "vit/layer_norm.h"
#include "vit/ops/linear.h"

namespace caldera::vit {

// What one attention layer leaves for masking by attention and for pictures.
struct AttentionTap {
  bool with_weights = false;  // asked for; queries and keys come for free
  at::Tensor queries, keys;   // [B, h, N, D/h], [B, h, K, D/h]
  at::Tensor weights;  // [B, h, N, K], softmax over the last dim in float32
};

// softmax(q k^T / sqrt(D/h)) v of [B, h, N, D/h] tensors, with the heads joined
// again: [B, Nq, D]. With `tap` its fields are filled.
at::Tensor Attend(const at::Tensor& queries, const at::Tensor& keys,
                  const at::Tensor& values, AttentionTap* tap);

class Attention : public torch::nn::Module {
 public:
  Attention(int64_t embed_dim, int64_t num_heads, bool qkv_bias = true);

  // [B, N, D] -> [B, N, D]
  at::Tensor forward(const at::Tensor& x) const;

  // What the projection takes: [B, N, D] -> [B, N - first, D], for tokens from
  // `first` on, each of which attends to all N, or to key_ids, int64 [B, K].
  at::Tensor Heads(const at::Tensor& x, int64_t first = 0,
                   AttentionTap* tap = nullptr,
                   const at::Tensor& key_ids = {}) const;

  // Heads(norm(x), ...).
  at::Tensor NormHeads(const at::Tensor& x, const LayerNorm& norm,
                       int64_t first = 0, AttentionTap* tap = nullptr,
                       const at::Tensor& key_ids = {}) const;

  const Linear& proj() const { return *proj_; }

 private:
  int64_t num_heads_;
  std::shared_ptr<Linear> qkv_, proj_;
};

// Tokens attend to other tokens, not to each other.
class CrossAttention : public torch::nn::Module {
 public:
  CrossAttention(int64_t embed_dim, int64_t num_heads);

  // What the projection takes: x [B, N, D], memory [B, M, D] -> [B, N, D].
  at::Tensor Heads(const at::Tensor& x, const at::Tensor& memory) const;

  const Linear& proj() const { return *proj_; }

 private:
  int64_t num_heads_;
  std::shared_ptr<Linear> q_, kv_, proj_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_ATTENTION_H_
