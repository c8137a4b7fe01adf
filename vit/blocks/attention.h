// Multi-head attention, with timm's parameter names.
//
//   vit::Attention attention(192, 3);
//   at::Tensor y = attention.forward(x);  // [B, N, D] -> [B, N, D]
//   vit::AttentionTap tap;
//   tap.with_weights = true;
//   attention.Heads(x, /*first=*/0, &tap);
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

namespace caldera::vit {

// The tensors of one attention layer that masking by attention and the pictures
// read.
struct AttentionTap {
  bool with_weights =
      false;  // set by the caller; queries and keys are always given
  at::Tensor queries, keys;  // [B, h, N, D/h], [B, h, K, D/h]
  at::Tensor weights;  // [B, h, N, K], softmax over the last dim in float32
};

// Returns softmax(q k^T / sqrt(D/h)) v for [B, h, N, D/h] tensors, with the
// heads joined again: [B, Nq, D]. Fills the fields of `tap` where one is given.
at::Tensor Attend(const at::Tensor& queries, const at::Tensor& keys,
                  const at::Tensor& values, AttentionTap* tap);

class Attention : public torch::nn::Module {
 public:
  Attention(int64_t embed_dim, int64_t num_heads, bool qkv_bias = true);

  // [B, N, D] -> [B, N, D]
  at::Tensor forward(const at::Tensor& x) const;

  // Returns the input of the output projection: [B, N, D] -> [B, N - first, D].
  // The queries are the tokens from `first` on; each attends to all N tokens,
  // or only to those of key_ids, int64 [B, K].
  at::Tensor Heads(const at::Tensor& x, int64_t first = 0,
                   AttentionTap* tap = nullptr,
                   const at::Tensor& key_ids = {}) const;

  // Returns Heads(norm(x), ...).
  at::Tensor NormHeads(const at::Tensor& x, const LayerNorm& norm,
                       int64_t first = 0, AttentionTap* tap = nullptr,
                       const at::Tensor& key_ids = {}) const;

  const Linear& proj() const { return *proj_; }

 private:
  int64_t num_heads_;
  std::shared_ptr<Linear> qkv_, proj_;
};

// Attention of tokens to other tokens (a memory), and not to each other.
class CrossAttention : public torch::nn::Module {
 public:
  CrossAttention(int64_t embed_dim, int64_t num_heads);

  // Returns the input of the output projection: x [B, N, D], memory [B, M, D]
  // -> [B, N, D].
  at::Tensor Heads(const at::Tensor& x, const at::Tensor& memory) const;

  const Linear& proj() const { return *proj_; }

 private:
  int64_t num_heads_;
  std::shared_ptr<Linear> q_, kv_, proj_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_ATTENTION_H_
