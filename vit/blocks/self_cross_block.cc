#include "vit/blocks/self_cross_block.h"

#include <glog/logging.h>

#include <vector>

#include "vit/ops/recompute.h"

namespace caldera::vit {

SelfCrossBlock::SelfCrossBlock(const BlockOptions& options)
    : recompute_(options.recompute) {
  const int64_t d = options.embed_dim;
  norm1_ = register_module("norm1", std::make_shared<LayerNorm>(d));
  cross_attn_ = register_module(
      "cross_attn", std::make_shared<CrossAttention>(d, options.num_heads));
  norm2_ = register_module("norm2", std::make_shared<LayerNorm>(d));
  attn_ = register_module("attn",
                          std::make_shared<Attention>(d, options.num_heads));
  norm3_ = register_module("norm3", std::make_shared<LayerNorm>(d));
  mlp_ = register_module("mlp", MakeMlp(options));
}

at::Tensor SelfCrossBlock::Forward(const at::Tensor& x,
                                   const BlockRequest& request) const {
  CHECK(request.memory.defined()) << "the block reads a memory";
  const int64_t first = request.first;
  if (!recompute_) return Run(x, request.memory, first);
  return Recompute(
      [this, first](const std::vector<at::Tensor>& inputs) {
        return Run(inputs[0], inputs[1], first);
      },
      {x, request.memory}, parameters());
}

at::Tensor SelfCrossBlock::Run(const at::Tensor& x, const at::Tensor& memory,
                               int64_t first) const {
  const at::Tensor asked = cross_attn_->proj().ForwardAdd(
      x, cross_attn_->Heads(norm1_->forward(x), memory));  // [B, N, D]
  const at::Tensor attended =
      attn_->proj().ForwardAdd(first == 0 ? asked : asked.slice(1, first),
                               attn_->NormHeads(asked, *norm2_, first));
  return mlp_->AddTo(attended, *norm3_);
}

}  // namespace caldera::vit
