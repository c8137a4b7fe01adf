#ifndef CALDERA_VIT_BLOCK_H_
#define CALDERA_VIT_BLOCK_H_

// The pre-norm transformer block of ViT, with timm's parameter names.
//
//   auto block = std::make_shared<vit::Block>(192, 3, 4.0);
//   at::Tensor y = block->forward(x);  // [B, N, D] -> [B, N, D]
//
// GELU is the erf form; LayerNorm's eps is 1e-6 (PyTorch's default is 1e-5).

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>

namespace caldera::vit {

inline constexpr double kLayerNormEps = 1e-6;

// Multi-head self-attention through at::scaled_dot_product_attention.
class Attention : public torch::nn::Module {
 public:
  Attention(int64_t embed_dim, int64_t num_heads);
  at::Tensor forward(const at::Tensor& x);  // [B, N, D] -> [B, N, D]

 private:
  int64_t num_heads_;
  torch::nn::Linear qkv_{nullptr}, proj_{nullptr};
};

class Mlp : public torch::nn::Module {
 public:
  Mlp(int64_t embed_dim, int64_t hidden_dim);
  at::Tensor forward(const at::Tensor& x);  // [B, N, D] -> [B, N, D]

 private:
  torch::nn::Linear fc1_{nullptr}, fc2_{nullptr};
};

class Block : public torch::nn::Module {
 public:
  // `num_heads` divides `embed_dim`; the MLP's width is int(D * mlp_ratio).
  Block(int64_t embed_dim, int64_t num_heads, double mlp_ratio);
  at::Tensor forward(const at::Tensor& x);  // [B, N, D] -> [B, N, D]

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<Mlp> mlp_;
};

// LayerNorm over the last dimension with ViT's eps.
torch::nn::LayerNorm MakeLayerNorm(int64_t embed_dim);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCK_H_
