// The pre-norm transformer block of ViT, with timm's parameter names.
//
//   vit::BlockOptions options;
//   options.embed_dim = 192;
//   options.num_heads = 3;
//   auto block = std::make_shared<vit::Block>(options);
//   at::Tensor y = block->Forward(x, {});  // [B, N, D] -> [B, N, D]
//
// The GELU is the erf form; LayerNorm's eps is 1e-6 (PyTorch's default is
// 1e-5). What published models have beside it is said by the options.
#ifndef CALDERA_VIT_BLOCKS_BLOCK_H_
#define CALDERA_VIT_BLOCKS_BLOCK_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "vit/blocks/attention.h"
#include "vit/blocks/token_block.h"
#include "vit/layer_norm.h"
#include "vit/ops/linear.h"
#include "vit/ops/residual.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

struct BlockOptions {
  int64_t embed_dim = 0;
  int64_t num_heads = 0;  // divides embed_dim
  double mlp_ratio = 4;   // the MLP's width is int(D * mlp_ratio)
  bool qkv_bias = true;
  double drop_path = 0;    // probability of dropping a branch in training
  bool recompute = false;  // keeps only the input for the backward pass
  double layer_scale = 0;  // first value of LayerScale's factors; 0: none
  bool qk_norm = false;    // normalises queries and keys, head by head
  bool proj_bias = true;   // of attention's projection and the MLP's layers
  EncoderSpec::Activation activation = EncoderSpec::GELU;
  double norm_eps = kLayerNormEps;
};

// The multi-layer perceptron of a block, with timm's parameter names.
class Mlp : public torch::nn::Module {
 public:
  explicit Mlp(const BlockOptions& options);

  // Returns x + scale * fc2(gelu(fc1(norm(x)))), with another activation where
  // the options name one: [B, N, D] -> [B, N, D]. scale: [B, 1, 1] or [D]; 1
  // where it is undefined.
  at::Tensor AddTo(const Residual& x, const LayerNorm& norm,
                   const at::Tensor& scale = {}) const;

 private:
  EncoderSpec::Activation activation_;
  std::shared_ptr<Linear> fc1_, fc2_;
};

// The factors of a branch, one a channel, with timm's parameter name. Source:
// Touvron et al., "Going deeper with image transformers", 2021.
class LayerScale : public torch::nn::Module {
 public:
  LayerScale(int64_t embed_dim, double first_value);

  at::Tensor gamma;  // [D]
};

class Block : public TokenBlock {
 public:
  explicit Block(const BlockOptions& options);

 private:
  at::Tensor Run(const at::Tensor& x,
                 const BlockRequest& request) const override;

  // Returns the factor of a branch, [B, 1, 1], [D] or [B, 1, D]; undefined: 1.
  at::Tensor Scale(int64_t branch, const at::Tensor& x,
                   const BlockRequest& request) const;

  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<LayerScale> ls1_, ls2_;  // null without LayerScale
  std::shared_ptr<Mlp> mlp_;
};

// A block whose tokens attend to request.memory, and not to each other: x +
// CrossAttention(norm1(x), memory), followed by the MLP as in Block. Source: Fu
// et al., "Rethinking Patch Dependence for Masked Autoencoders".
class CrossBlock : public TokenBlock {
 public:
  explicit CrossBlock(const BlockOptions& options);  // drop_path is ignored

 private:
  at::Tensor Run(const at::Tensor& x,
                 const BlockRequest& request) const override;

  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<CrossAttention> attn_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_BLOCK_H_
