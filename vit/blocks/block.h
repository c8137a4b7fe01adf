// The pre-norm transformer block of ViT, with timm's parameter names.
//
//   vit::BlockOptions options;
//   options.embed_dim = 192;
//   options.num_heads = 3;
//   auto block = std::make_shared<vit::Block>(options);
//   at::Tensor y = block->Forward(x, {});  // [B, N, D] -> [B, N, D]
//
// The GELU is the erf form; LayerNorm's eps is 1e-6 (PyTorch's default is
// 1e-5).
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

namespace caldera::vit {

struct BlockOptions {
  int64_t embed_dim = 0;
  int64_t num_heads = 0;  // divides embed_dim
  double mlp_ratio = 4;   // the MLP's width is int(D * mlp_ratio)
  bool qkv_bias = true;
  double drop_path = 0;    // probability of dropping a branch in training
  bool recompute = false;  // keeps only the input for the backward pass
};

// The multi-layer perceptron of a block, with timm's parameter names.
class Mlp : public torch::nn::Module {
 public:
  Mlp(int64_t embed_dim, int64_t hidden_dim);

  // Returns x + scale * fc2(gelu(fc1(norm(x)))): [B, N, D] -> [B, N, D]. scale:
  // [B, 1, 1]; 1 where it is undefined.
  at::Tensor AddTo(const Residual& x, const LayerNorm& norm,
                   const at::Tensor& scale = {}) const;

 private:
  std::shared_ptr<Linear> fc1_, fc2_;
};

// Returns the MLP of a block with these options.
std::shared_ptr<Mlp> MakeMlp(const BlockOptions& options);

class Block : public TokenBlock {
 public:
  explicit Block(const BlockOptions& options);

 private:
  at::Tensor Run(const at::Tensor& x,
                 const BlockRequest& request) const override;

  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<Attention> attn_;
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
