#include "vit/blocks/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/unbind.h>

#include <cmath>
#include <vector>

#include "vit/ops/gather_rows.h"
#include "vit/ops/norm_linear.h"

namespace caldera::vit {
namespace {

// Splits [B, N, count*D] into count tensors [B, h, N, D/h], views. Unbinding
// makes the backward pass one copy; selecting would add `count` tensors full of
// zeros.
std::vector<at::Tensor> SplitHeads(const at::Tensor& x, int64_t count,
                                   int64_t num_heads) {
  std::vector<at::Tensor> parts =
      x.view({x.size(0), x.size(1), count, num_heads, -1}).unbind(2);
  for (at::Tensor& part : parts) part = part.transpose(1, 2);
  return parts;
}

// Returns true for 16-bit types on a CPU, where ATen's fused attention sets up
// a small product of its own for every head of every sample: all heads in one
// product, with their scores stored, are two to nine times as fast
// (docs/performance.md).
bool FusedIsSlow(const at::Tensor& queries) {
  return queries.is_cpu() && (queries.scalar_type() == at::kBFloat16 ||
                              queries.scalar_type() == at::kHalf);
}

// [B, h, Nq, D/h], [B, h, N, D/h] -> [B, h, Nq, N]
at::Tensor Scores(const at::Tensor& queries, const at::Tensor& keys) {
  const double scale = 1 / std::sqrt(static_cast<double>(queries.size(3)));
  return at::matmul(queries * scale, keys.transpose(2, 3));
}

}  // namespace

at::Tensor Attend(const at::Tensor& queries, const at::Tensor& keys,
                  const at::Tensor& values, AttentionTap* tap) {
  at::Tensor heads;  // [B, h, Nq, D/h]
  if (tap != nullptr) {
    tap->queries = queries;
    tap->keys = keys;
  }
  if (tap != nullptr && tap->with_weights) {
    at::Tensor scores = Scores(queries, keys);
    if (scores.scalar_type() != at::kDouble) scores = scores.to(at::kFloat);
    tap->weights = at::softmax(scores, 3);  // [B, h, Nq, N]
    heads = at::matmul(tap->weights.to(values.scalar_type()), values);
  } else if (FusedIsSlow(queries)) {
    heads = at::matmul(at::softmax(Scores(queries, keys), 3), values);
  } else {
    heads = at::scaled_dot_product_attention(queries, keys, values);
  }
  return heads.transpose(1, 2).flatten(2);  // [B, Nq, D]
}

Attention::Attention(int64_t embed_dim, int64_t num_heads, bool qkv_bias)
    : num_heads_(num_heads) {
  qkv_ = register_module(
      "qkv", std::make_shared<Linear>(embed_dim, 3 * embed_dim, qkv_bias));
  proj_ =
      register_module("proj", std::make_shared<Linear>(embed_dim, embed_dim));
}

at::Tensor Attention::forward(const at::Tensor& x) const {
  return proj_->forward(Heads(x));
}

at::Tensor Attention::Heads(const at::Tensor& x, int64_t first,
                            AttentionTap* tap,
                            const at::Tensor& key_ids) const {
  if (first == 0 && !key_ids.defined()) {
    const auto qkv = SplitHeads(qkv_->forward(x), 3, num_heads_);
    return Attend(qkv[0], qkv[1], qkv[2], tap);
  }
  const int64_t d = x.size(2);
  const at::Tensor q =
      qkv_->ForwardRows(first == 0 ? x : x.slice(1, first), 0, d);
  const at::Tensor keys = key_ids.defined() ? GatherRows(x, key_ids) : x;
  const auto kv = SplitHeads(qkv_->ForwardRows(keys, d, 3 * d), 2, num_heads_);
  return Attend(SplitHeads(q, 1, num_heads_)[0], kv[0], kv[1], tap);
}

at::Tensor Attention::NormHeads(const at::Tensor& x, const LayerNorm& norm,
                                int64_t first, AttentionTap* tap,
                                const at::Tensor& key_ids) const {
  if (first != 0 || key_ids.defined()) {
    return Heads(norm.forward(x), first, tap, key_ids);
  }
  const auto qkv = SplitHeads(NormLinear(x, norm, *qkv_), 3, num_heads_);
  return Attend(qkv[0], qkv[1], qkv[2], tap);
}

CrossAttention::CrossAttention(int64_t embed_dim, int64_t num_heads)
    : num_heads_(num_heads) {
  q_ = register_module("q", std::make_shared<Linear>(embed_dim, embed_dim));
  kv_ =
      register_module("kv", std::make_shared<Linear>(embed_dim, 2 * embed_dim));
  proj_ =
      register_module("proj", std::make_shared<Linear>(embed_dim, embed_dim));
}

at::Tensor CrossAttention::Heads(const at::Tensor& x,
                                 const at::Tensor& memory) const {
  const auto kv = SplitHeads(kv_->forward(memory), 2, num_heads_);
  return Attend(SplitHeads(q_->forward(x), 1, num_heads_)[0], kv[0], kv[1],
                /*tap=*/nullptr);
}

}  // namespace caldera::vit
