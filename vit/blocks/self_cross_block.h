// A decoder block whose tokens attend to a memory and to each other:
// cross-attention, self-attention and MLP, each after a norm and with a
// residual.
//
//   vit::SelfCrossBlock block(options);
//   vit::BlockRequest request;
//   request.memory = other;                    // [B, M, D]
//   at::Tensor y = block.Forward(x, request);  // [B, N, D]
//
// Source: Gupta et al., Siamese Masked Autoencoders, NeurIPS 2023; Eymael et
// al., Efficient Image Pre-Training with Siamese Cropped Masked Autoencoders,
// ECCV 2024, alexandre-eymael/CropMAE, models/components/DecoderBlock.py. In
// that code each norm follows its sum, the self-attention comes last, the MLP
// is 2048 wide whatever the width, and dropout is 0.1; ours is built like our
// other blocks.
#ifndef CALDERA_VIT_BLOCKS_SELF_CROSS_BLOCK_H_
#define CALDERA_VIT_BLOCKS_SELF_CROSS_BLOCK_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "vit/blocks/attention.h"
#include "vit/blocks/block.h"
#include "vit/blocks/token_block.h"
#include "vit/layer_norm.h"

namespace caldera::vit {

class SelfCrossBlock : public TokenBlock {
 public:
  explicit SelfCrossBlock(const BlockOptions& options);  // drop_path is ignored

 private:
  at::Tensor Run(const at::Tensor& x,
                 const BlockRequest& request) const override;

  std::shared_ptr<LayerNorm> norm1_, norm2_, norm3_;
  std::shared_ptr<CrossAttention> cross_attn_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_BLOCKS_SELF_CROSS_BLOCK_H_
