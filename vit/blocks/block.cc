#include "vit/blocks/block.h"

#include <ATen/TensorOperators.h>

#include "vit/blocks/drop_path.h"
#include "vit/ops/activation.h"
#include "vit/ops/gelu_linear.h"
#include "vit/parameter.h"

namespace caldera::vit {

Mlp::Mlp(const BlockOptions& options) : activation_(options.activation) {
  const int64_t d = options.embed_dim;
  const auto hidden = static_cast<int64_t>(d * options.mlp_ratio);
  fc1_ = register_module(
      "fc1", std::make_shared<Linear>(d, hidden, options.proj_bias));
  fc2_ = register_module(
      "fc2", std::make_shared<Linear>(ActivatedWidth(hidden, activation_), d,
                                      options.proj_bias));
}

at::Tensor Mlp::AddTo(const Residual& x, const LayerNorm& norm,
                      const at::Tensor& scale) const {
  const auto [sum, hidden] = NormLinear(x, norm, *fc1_);  // [B, N, hidden]
  if (activation_ != EncoderSpec::GELU) {
    const at::Tensor branch = fc2_->forward(Activate(hidden, activation_));
    return sum.tokens + (scale.defined() ? scale * branch : branch);
  }
  if (!scale.defined()) return GeluLinear(hidden, *fc2_, sum.tokens);
  return sum.tokens + scale * GeluLinear(hidden, *fc2_);
}

LayerScale::LayerScale(int64_t embed_dim, double first_value)
    : gamma(register_parameter("gamma",
                               NewParameter({embed_dim}).fill_(first_value))) {}

Block::Block(const BlockOptions& options)
    : TokenBlock(
          {options.recompute, /*reads_memory=*/false, options.drop_path}) {
  const int64_t d = options.embed_dim;
  norm1_ = register_module("norm1",
                           std::make_shared<LayerNorm>(d, options.norm_eps));
  attn_ = register_module(
      "attn", std::make_shared<Attention>(
                  d, options.num_heads,
                  AttentionOptions{options.qkv_bias, options.proj_bias,
                                   options.qk_norm, options.norm_eps}));
  norm2_ = register_module("norm2",
                           std::make_shared<LayerNorm>(d, options.norm_eps));
  mlp_ = register_module("mlp", std::make_shared<Mlp>(options));
  if (options.layer_scale > 0) {
    ls1_ = register_module(
        "ls1", std::make_shared<LayerScale>(d, options.layer_scale));
    ls2_ = register_module(
        "ls2", std::make_shared<LayerScale>(d, options.layer_scale));
  }
}

at::Tensor Block::Scale(int64_t branch, const at::Tensor& x,
                        const BlockRequest& request) const {
  const at::Tensor kept = BranchScale(request.drop_path_uniforms, branch,
                                      traits().drop_path, x);  // [B, 1, 1]
  if (ls1_ == nullptr) return kept;
  const at::Tensor gamma = (branch == 0 ? ls1_ : ls2_)->gamma;
  return kept.defined() ? gamma * kept : gamma;
}

at::Tensor Block::Run(const at::Tensor& x, const BlockRequest& request) const {
  const at::Tensor scale = Scale(0, x, request);
  // A branch with a factor cannot wait for the norm behind it.
  const Residual stream(
      x, scale.defined() ? FuseSums::kNever : FuseSums::kWhereThereIsAKernel);
  const Residual h = attn_->AddTo(stream, *norm1_, request, scale);
  return mlp_->AddTo(h, *norm2_, Scale(1, x, request));
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
  mlp_ = register_module("mlp", std::make_shared<Mlp>(options));
}

at::Tensor CrossBlock::Run(const at::Tensor& x,
                           const BlockRequest& request) const {
  const at::Tensor asking = request.first == 0 ? x : x.slice(1, request.first);
  const at::Tensor h =
      attn_->AddTo(asking, *norm1_, request.memory, request.memory_positions);
  return mlp_->AddTo(h, *norm2_);
}

}  // namespace caldera::vit
