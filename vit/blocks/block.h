#ifndef CALDERA_VIT_BLOCKS_BLOCK_H_
#define CALDERA_VIT_BLOCKS_BLOCK_H_

// The pre-norm transformer block of ViT, with timm's parameter names.
//
//   vit::BlockOptions options;
//   options.embed_dim = 192;
//   options.num_heads = 3;
//   auto block = std::make_shared<vit::Block>(options);
//   at::Tensor y = block->forward(x);  // [B, N, D] -> [B, N, D]
//
// GELU is the erf form; LayerNorm's eps is 1e-6 (PyTorch's default is 1e-5).

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "vit/blocks/attention.h"
#include "vit/blocks/mlp.h"
#include "vit/blocks/token_block.h"
#include "vit/layer_norm.h"

namespace caldera::vit {

struct BlockOptions {
  int64_t embed_dim = 0;
  int64_t num_heads = 0;  // divides embed_dim
  double mlp_ratio = 4;   // the MLP's width is int(D * mlp_ratio)
  bool qkv_bias = true;
  double drop_path = 0;    // probability, in training mode
  bool recompute = false;  // keep only the input for the backward pass
};

// The MLP of a block with these options.
std::shared_ptr<Mlp> MakeMlp(const BlockOptions& options);

class Block : public TokenBlock {
 public:
  explicit Block(const BlockOptions& options);

  // With a tap nothing is recomputed. Reads no memory.
  at::Tensor Forward(const at::Tensor& x,
                     const BlockRequest& request) const override;

  // The same for what is asked most often.
  at::Tensor forward(const at::Tensor& x,
                     const at::Tensor& drop_path_uniforms = {},
                     AttentionTap* tap = nullptr) const;

  // forward(x).slice(1, first), without computing the rows before `first`.
  at::Tensor ForwardFrom(const at::Tensor& x, int64_t first) const;

  // Forward without drop path and recomputation, sums and norms by AddNorm:
  // what Forward does where that has a kernel.
  at::Tensor ForwardByAddNorm(const at::Tensor& x,
                              const BlockRequest& request) const;

 private:
  at::Tensor Run(const at::Tensor& x, const BlockRequest& request) const;

  BlockOptions options_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<Mlp> mlp_;
};

// A block whose tokens attend to a memory, and not to each other:
// x + CrossAttention(norm1(x), memory), then the MLP as in Block.
// Source: Fu et al., "Rethinking Patch Dependence for Masked Autoencoders".
class CrossBlock : public torch::nn::Module {
 public:
  explicit CrossBlock(const BlockOptions& options);  // without drop path

  // x [B, N, D], memory [B, M, D] -> [B, N, D]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& memory) const;

 private:
  at::Tensor Run(const at::Tensor& x, const at::Tensor& memory) const;

  bool recompute_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<CrossAttention> attn_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_BLOCK_H_
