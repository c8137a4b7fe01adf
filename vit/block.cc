#include "vit/block.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/scaled_dot_product_attention.h>

namespace caldera::vit {

torch::nn::LayerNorm MakeLayerNorm(int64_t embed_dim) {
  return torch::nn::LayerNorm(
      torch::nn::LayerNormOptions({embed_dim}).eps(kLayerNormEps));
}

Attention::Attention(int64_t embed_dim, int64_t num_heads)
    : num_heads_(num_heads) {
  qkv_ = register_module("qkv", torch::nn::Linear(embed_dim, 3 * embed_dim));
  proj_ = register_module("proj", torch::nn::Linear(embed_dim, embed_dim));
}

at::Tensor Attention::forward(const at::Tensor& x) {
  const int64_t b = x.size(0), n = x.size(1), d = x.size(2);
  const at::Tensor qkv = qkv_->forward(x)
                             .reshape({b, n, 3, num_heads_, d / num_heads_})
                             .permute({2, 0, 3, 1, 4});  // [3, B, h, N, D/h]
  const at::Tensor heads = at::scaled_dot_product_attention(
      qkv.select(0, 0), qkv.select(0, 1), qkv.select(0, 2));  // [B, h, N, D/h]
  return proj_->forward(heads.transpose(1, 2).reshape({b, n, d}));  // [B, N, D]
}

Mlp::Mlp(int64_t embed_dim, int64_t hidden_dim) {
  fc1_ = register_module("fc1", torch::nn::Linear(embed_dim, hidden_dim));
  fc2_ = register_module("fc2", torch::nn::Linear(hidden_dim, embed_dim));
}

at::Tensor Mlp::forward(const at::Tensor& x) {
  return fc2_->forward(at::gelu(fc1_->forward(x)));
}

Block::Block(int64_t embed_dim, int64_t num_heads, double mlp_ratio) {
  norm1_ = register_module("norm1", MakeLayerNorm(embed_dim));
  attn_ = register_module("attn",
                          std::make_shared<Attention>(embed_dim, num_heads));
  norm2_ = register_module("norm2", MakeLayerNorm(embed_dim));
  const auto hidden_dim = static_cast<int64_t>(embed_dim * mlp_ratio);
  mlp_ = register_module("mlp", std::make_shared<Mlp>(embed_dim, hidden_dim));
}

at::Tensor Block::forward(const at::Tensor& x) {
  const at::Tensor attended = x + attn_->forward(norm1_->forward(x));
  return attended + mlp_->forward(norm2_->forward(attended));
}

}  // namespace caldera::vit
