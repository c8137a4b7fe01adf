#include "vit/decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gather.h>
#include <torch/nn/modules/container/modulelist.h>

#include "vit/position_embedding.h"

namespace caldera::vit {

MaeDecoder::MaeDecoder(const DecoderSpec& spec, int64_t encoder_dim,
                       int64_t grid_size, int64_t target_dim) {
  const int64_t d = spec.embed_dim();
  embed_ = register_module("decoder_embed", torch::nn::Linear(encoder_dim, d));
  mask_token_ = register_parameter("mask_token", at::empty({1, 1, d}));
  pos_embed_ =
      register_buffer("decoder_pos_embed",
                      SinCosPositionEmbedding(d, {grid_size, grid_size}, 1));
  auto blocks = register_module("decoder_blocks", torch::nn::ModuleList());
  for (int i = 0; i < spec.depth(); ++i) {
    blocks_.push_back(
        std::make_shared<Block>(d, spec.num_heads(), spec.mlp_ratio()));
    blocks->push_back(blocks_.back());
  }
  norm_ = register_module("decoder_norm", MakeLayerNorm(d));
  pred_ = register_module("decoder_pred", torch::nn::Linear(d, target_dim));
}

at::Tensor MaeDecoder::forward(const at::Tensor& latent,
                               const at::Tensor& ids_restore) {
  const at::Tensor tokens = embed_->forward(latent);  // [B, 1 + Nv, Dd]
  const int64_t b = tokens.size(0), d = tokens.size(2);
  const int64_t visible = tokens.size(1) - 1, n = ids_restore.size(1);
  const at::Tensor shuffled =
      at::cat({tokens.slice(1, 1), mask_token_.expand({b, n - visible, d})}, 1);
  const at::Tensor restored =
      at::gather(shuffled, 1,
                 ids_restore.unsqueeze(-1).expand({-1, -1, d}));  // [B, N, Dd]
  at::Tensor x = at::cat({tokens.slice(1, 0, 1), restored}, 1) + pos_embed_;
  for (const auto& block : blocks_) x = block->forward(x);  // [B, 1 + N, Dd]
  return pred_->forward(norm_->forward(x)).slice(1, 1);     // [B, N, T]
}

}  // namespace caldera::vit
