#include "vit/blocks/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/unbind.h>

#include <cmath>
#include <vector>

#include "vit/ops/add_linear.h"
#include "vit/ops/gather_rows.h"
#include "vit/ops/plain_ops.h"

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

// Returns norm(heads) in the type of the heads, or the heads without a norm.
at::Tensor Normed(const at::Tensor& heads, const LayerNorm* norm) {
  if (norm == nullptr) return heads;
  return norm->forward(heads.to(norm->weight.scalar_type()))
      .to(heads.scalar_type());
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
  } else if (FusedIsSlow(queries) || PlainOps::chosen()) {
    heads = at::matmul(at::softmax(Scores(queries, keys), 3), values);
  } else {
    heads = at::scaled_dot_product_attention(queries, keys, values);
  }
  return heads.transpose(1, 2).flatten(2);  // [B, Nq, D]
}

Attention::Attention(int64_t embed_dim, int64_t num_heads,
                     const AttentionOptions& options)
    : num_heads_(num_heads) {
  qkv_ = register_module(
      "qkv",
      std::make_shared<Linear>(embed_dim, 3 * embed_dim, options.qkv_bias));
  if (options.qk_norm) {
    const int64_t d = embed_dim / num_heads;
    q_norm_ = register_module("q_norm",
                              std::make_shared<LayerNorm>(d, options.norm_eps));
    k_norm_ = register_module("k_norm",
                              std::make_shared<LayerNorm>(d, options.norm_eps));
  }
  proj_ = register_module("proj", std::make_shared<Linear>(embed_dim, embed_dim,
                                                           options.proj_bias));
}

at::Tensor Attention::Queries(const at::Tensor& heads,
                              const Rotation& rotation) const {
  return Rotate(Normed(heads, q_norm_.get()), rotation);
}

at::Tensor Attention::Keys(const at::Tensor& heads,
                           const Rotation& rotation) const {
  return Rotate(Normed(heads, k_norm_.get()), rotation);
}

Residual Attention::AddTo(const Residual& x, const LayerNorm& norm,
                          const AttentionRequest& request,
                          const at::Tensor& scale) const {
  const int64_t first = request.first;
  if (first == 0 && !request.key_ids.defined()) {
    const auto [sum, product] = NormLinear(x, norm, *qkv_);  // [B, N, 3D]
    const auto qkv = SplitHeads(product, 3, num_heads_);
    return AddLinear(
        sum, *proj_,
        Attend(Queries(qkv[0], request.rotation),
               Keys(qkv[1], request.rotation), qkv[2], request.tap),
        scale);
  }
  const auto [sum, n] = Norm(x, norm, qkv_->compute_type());  // [B, N, D]
  const int64_t d = n.size(2);
  const at::Tensor q =  // [B, N - first, D]
      LinearRows(*qkv_, first == 0 ? n : n.slice(1, first), 0, d);
  const bool some_keys = request.key_ids.defined();
  const at::Tensor keys = some_keys ? GatherRows(n, request.key_ids) : n;
  const Rotation turns = request.rotation;
  const auto kv = SplitHeads(LinearRows(*qkv_, keys, d, 3 * d), 2, num_heads_);
  Residual rest = sum;
  if (first > 0) rest.tokens = rest.tokens.slice(1, first);
  return AddLinear(
      rest, *proj_,
      Attend(Queries(SplitHeads(q, 1, num_heads_)[0], turns.From(first)),
             Keys(kv[0], some_keys ? turns.Pick(request.key_ids) : turns),
             kv[1], request.tap),
      scale);
}

CrossAttention::CrossAttention(int64_t embed_dim, int64_t num_heads)
    : num_heads_(num_heads) {
  q_ = register_module("q", std::make_shared<Linear>(embed_dim, embed_dim));
  kv_ =
      register_module("kv", std::make_shared<Linear>(embed_dim, 2 * embed_dim));
  proj_ =
      register_module("proj", std::make_shared<Linear>(embed_dim, embed_dim));
}

at::Tensor CrossAttention::AddTo(const at::Tensor& x, const LayerNorm& norm,
                                 const at::Tensor& memory,
                                 const at::Tensor& positions) const {
  const at::Tensor n = norm.forward(x);
  std::vector<at::Tensor> kv;
  if (positions.defined()) {
    const int64_t d = memory.size(2);
    kv = {SplitHeads(LinearRows(*kv_, memory + positions, 0, d), 1,
                     num_heads_)[0],
          SplitHeads(LinearRows(*kv_, memory, d, 2 * d), 1, num_heads_)[0]};
  } else {
    kv = SplitHeads(kv_->forward(memory), 2, num_heads_);
  }
  return AddLinear(x, *proj_,
                   Attend(SplitHeads(q_->forward(n), 1, num_heads_)[0], kv[0],
                          kv[1], /*tap=*/nullptr));
}

}  // namespace caldera::vit
