#include "vit/blocks/block.h"

#include <ATen/TensorOperators.h>

#include "vit/blocks/drop_path.h"
#include "vit/ops/gelu_linear.h"

namespace caldera::vit {

Mlp::Mlp(int64_t embed_dim, int64_t hidden_dim) {
  fc1_ =
      register_module("fc1", std::make_shared<Linear>(embed_dim, hidden_dim));
  fc2_ =
      register_module("fc2", std::make_shared<Linear>(hidden_dim, embed_dim));
}

at::Tensor Mlp::AddTo(const Residual& x, const LayerNorm& norm,
                      const at::Tensor& scale) const {
  const auto [sum, hidden] = NormLinear(x, norm, *fc1_);  // [B, N, hidden]
  if (!scale.defined()) return GeluLinear(hidden, *fc2_, sum.tokens);
  return sum.tokens + scale * GeluLinear(hidden, *fc2_);
}

std::shared_ptr<Mlp> MakeMlp(const BlockOptions& options) {
  return std::make_shared<Mlp>(
      options.embed_dim,
      static_cast<int64_t>(options.embed_dim * options.mlp_ratio));
}

Block::Block(const BlockOptions& options)
    : TokenBlock(
          {options.recompute, /*reads_memory=*/false, options.drop_path}) {
  norm1_ =
      register_module("norm1", std::make_shared<LayerNorm>(options.embed_dim));
  attn_ = register_module(
      "attn", std::make_shared<Attention>(options.embed_dim, options.num_heads,
                                          options.qkv_bias));
  norm2_ =
      register_module("norm2", std::make_shared<LayerNorm>(options.embed_dim));
  mlp_ = register_module("mlp", MakeMlp(options));
}

at::Tensor Block::Run(const at::Tensor& x, const BlockRequest& request) const {
  const at::Tensor& uniforms = request.drop_path_uniforms;
  const double rate = traits().drop_path;
  // A branch that some samples drop cannot wait for the norm behind it.
  const Residual stream(x, uniforms.defined() ? FuseSums::kNever
                                              : FuseSums::kWhereThereIsAKernel);
  const Residual h =
      attn_->AddTo(stream, *norm1_, request, BranchScale(uniforms, 0, rate, x));
  return mlp_->AddTo(h, *norm2_, BranchScale(uniforms, 1, rate, x));
}

CrossBlock::CrossBlock(const BlockOptions& options)
    : TokenBlock({options.recompute, /*reads_memory=*/true}) {
  norm1_ =
      register_module("norm1", std::make_shared<LayerNorm>(options.embed_dim));
  attn_ = register_module(
      "cross_attn",
      std::make_shared<CrossAttention>(options.embed_dim, options.num_heads));
  norm2_ =
      register_module("norm2", std::make_shared<LayerNorm>(options.embed_dim));
  mlp_ = register_module("mlp", MakeMlp(options));
}

at::Tensor CrossBlock::Run(const at::Tensor& x,
                           const BlockRequest& request) const {
  const at::Tensor asking = request.first == 0 ? x : x.slice(1, request.first);
  const at::Tensor h = attn_->AddTo(asking, *norm1_, request.memory);
  return mlp_->AddTo(h, *norm2_);
}

}  // namespace caldera::vit
