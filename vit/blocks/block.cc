#include "vit/blocks/block.h"

#include <ATen/TensorOperators.h>
#include <glog/logging.h>

#include <vector>

#include "vit/blocks/drop_path.h"
#include "vit/ops/add_norm.h"
#include "vit/ops/gelu_linear.h"
#include "vit/ops/norm_linear.h"
#include "vit/ops/recompute.h"

namespace caldera::vit {
namespace {

// Returns residual + scale * linear(x); an undefined scale is 1.
at::Tensor AddBranch(const at::Tensor& residual, const Linear& linear,
                     const at::Tensor& x, const at::Tensor& scale) {
  if (!scale.defined()) return linear.ForwardAdd(residual, x);
  return residual + scale * linear.forward(x);
}

}  // namespace

Mlp::Mlp(int64_t embed_dim, int64_t hidden_dim) {
  fc1_ =
      register_module("fc1", std::make_shared<Linear>(embed_dim, hidden_dim));
  fc2_ =
      register_module("fc2", std::make_shared<Linear>(hidden_dim, embed_dim));
}

at::Tensor Mlp::AddTo(const at::Tensor& x, const LayerNorm& norm,
                      const at::Tensor& scale) const {
  const at::Tensor hidden = NormLinear(x, norm, *fc1_);  // [B, N, hidden]
  if (!scale.defined()) return GeluLinear(hidden, *fc2_, x);
  return x + scale * GeluLinear(hidden, *fc2_);
}

at::Tensor Mlp::AddNormedTo(const at::Tensor& x,
                            const at::Tensor& normed) const {
  return GeluLinear(fc1_->forward(normed), *fc2_, x);
}

std::shared_ptr<Mlp> MakeMlp(const BlockOptions& options) {
  return std::make_shared<Mlp>(
      options.embed_dim,
      static_cast<int64_t>(options.embed_dim * options.mlp_ratio));
}

Block::Block(const BlockOptions& options) : options_(options) {
  norm1_ =
      register_module("norm1", std::make_shared<LayerNorm>(options.embed_dim));
  attn_ = register_module(
      "attn", std::make_shared<Attention>(options.embed_dim, options.num_heads,
                                          options.qkv_bias));
  norm2_ =
      register_module("norm2", std::make_shared<LayerNorm>(options.embed_dim));
  mlp_ = register_module("mlp", MakeMlp(options));
}

at::Tensor Block::Forward(const at::Tensor& x,
                          const BlockRequest& given) const {
  CHECK(!given.memory.defined()) << "the block reads no memory";
  BlockRequest request = given;
  if (is_training() && options_.drop_path > 0) {
    CHECK(request.drop_path_uniforms.defined())
        << "drop path needs random numbers in training mode";
  } else {
    request.drop_path_uniforms = at::Tensor();
  }
  if (!options_.recompute || request.tap != nullptr) return Run(x, request);
  return Recompute(
      [this, request](const std::vector<at::Tensor>& inputs) {
        return Run(inputs[0], request);
      },
      {x}, parameters());
}

at::Tensor Block::forward(const at::Tensor& x,
                          const at::Tensor& drop_path_uniforms,
                          AttentionTap* tap) const {
  BlockRequest request;
  request.drop_path_uniforms = drop_path_uniforms;
  request.tap = tap;
  return Forward(x, request);
}

at::Tensor Block::ForwardByAddNorm(const at::Tensor& x,
                                   const BlockRequest& request) const {
  const at::ScalarType type = attn_->proj().compute_type();
  const AddNormOutput in = AddNorm(x, /*branch=*/{}, *norm1_, type);
  const AddNormOutput attended =
      AddNorm(request.first == 0 ? in.sum : in.sum.slice(1, request.first),
              attn_->proj().forward(attn_->Heads(in.normed, request.first,
                                                 request.tap, request.key_ids)),
              *norm2_, type);
  return mlp_->AddNormedTo(attended.sum, attended.normed);
}

at::Tensor Block::Run(const at::Tensor& x, const BlockRequest& request) const {
  if (!request.drop_path_uniforms.defined() &&
      AddNormHasKernel(x, attn_->proj().compute_type())) {
    return ForwardByAddNorm(x, request);
  }
  at::Tensor scales[2];  // [B, 1, 1] each
  if (request.drop_path_uniforms.defined()) {
    for (int i = 0; i < 2; ++i) {
      scales[i] = DropPathScale(request.drop_path_uniforms.select(1, i),
                                options_.drop_path)
                      .to(x.device(), x.scalar_type());
    }
  }
  const int64_t first = request.first;
  const at::Tensor attended = AddBranch(
      first == 0 ? x : x.slice(1, first), attn_->proj(),
      attn_->NormHeads(x, *norm1_, first, request.tap, request.key_ids),
      scales[0]);
  return mlp_->AddTo(attended, *norm2_, scales[1]);
}

CrossBlock::CrossBlock(const BlockOptions& options)
    : recompute_(options.recompute) {
  norm1_ =
      register_module("norm1", std::make_shared<LayerNorm>(options.embed_dim));
  attn_ = register_module(
      "cross_attn",
      std::make_shared<CrossAttention>(options.embed_dim, options.num_heads));
  norm2_ =
      register_module("norm2", std::make_shared<LayerNorm>(options.embed_dim));
  mlp_ = register_module("mlp", MakeMlp(options));
}

at::Tensor CrossBlock::forward(const at::Tensor& x,
                               const at::Tensor& memory) const {
  if (!recompute_) return Run(x, memory);
  return Recompute(
      [this](const std::vector<at::Tensor>& inputs) {
        return Run(inputs[0], inputs[1]);
      },
      {x, memory}, parameters());
}

at::Tensor CrossBlock::Run(const at::Tensor& x,
                           const at::Tensor& memory) const {
  const at::Tensor attended =
      attn_->proj().ForwardAdd(x, attn_->Heads(norm1_->forward(x), memory));
  return mlp_->AddTo(attended, *norm2_);
}

}  // namespace caldera::vit
