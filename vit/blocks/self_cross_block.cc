#include "vit/blocks/self_cross_block.h"

namespace caldera::vit {

SelfCrossBlock::SelfCrossBlock(const BlockOptions& options)
    : TokenBlock({options.recompute, /*reads_memory=*/true}) {
  const int64_t d = options.embed_dim;
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(d));
  cross_attn_ = register_module(
      "cross_attn", std::make_shared<CrossAttention>(d, options.num_heads));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(d));
  attn_ = register_module("attn",
                          std::make_shared<Attention>(d, options.num_heads));
  norm3_ = register_module("norm3", std::make_shared<LayerNorm>(d));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(options));
}

at::Tensor SelfCrossBlock::Run(const at::Tensor& x,
                               const BlockRequest& request) const {
  const at::Tensor asked = cross_attn_->AddTo(x, *norm1_, request.memory);
  const Residual attended = attn_->AddTo(asked, *norm2_, request);
  return mlp_->AddTo(attended, *norm3_);
}

}  // namespace caldera::vit
