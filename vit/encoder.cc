#include "vit/encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gather.h>
#include <glog/logging.h>
#include <torch/nn/modules/container/modulelist.h>

#include "vit/position_embedding.h"

namespace caldera::vit {

Encoder::Encoder(const EncoderSpec& spec) : spec_(spec) {
  const int64_t d = spec.embed_dim();
  cls_token_ = register_parameter("cls_token", at::empty({1, 1, d}));
  pos_embed_ = register_buffer(
      "pos_embed", SinCosPositionEmbedding(d, {grid_size(), grid_size()}, 1));
  patch_embed_ = register_module(
      "patch_embed",
      std::make_shared<PatchEmbed>(spec.patch_size(), spec.channels(), d));
  auto blocks = register_module("blocks", torch::nn::ModuleList());
  for (int i = 0; i < spec.depth(); ++i) {
    blocks_.push_back(
        std::make_shared<Block>(d, spec.num_heads(), spec.mlp_ratio()));
    blocks->push_back(blocks_.back());
  }
  norm_ = register_module("norm", MakeLayerNorm(d));
}

EncoderOutput Encoder::forward(const at::Tensor& images,
                               const std::optional<at::Tensor>& ids_keep,
                               const std::vector<int64_t>& taps) {
  const int64_t b = images.size(0), d = spec_.embed_dim();
  for (const int64_t tap : taps) CHECK(tap >= 0 && tap < spec_.depth()) << tap;
  at::Tensor x = patch_embed_->forward(images, ids_keep);  // [B, Nv, D]
  at::Tensor position = pos_embed_.slice(1, 1);            // [1, N, D]
  if (ids_keep.has_value()) {
    position = at::gather(position.expand({b, -1, -1}), 1,
                          ids_keep->unsqueeze(-1).expand({-1, -1, d}));
  }
  const at::Tensor cls = cls_token_ + pos_embed_.slice(1, 0, 1);  // [1, 1, D]
  x = at::cat({cls.expand({b, -1, -1}), x + position}, 1);  // [B, 1 + Nv, D]

  EncoderOutput out;
  out.taps.resize(taps.size());
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i]->forward(x);
    for (size_t t = 0; t < taps.size(); ++t) {
      if (taps[t] == static_cast<int64_t>(i)) out.taps[t] = x;
    }
  }
  out.tokens = norm_->forward(x);
  return out;
}

}  // namespace caldera::vit
