#include "vit/decoders/regressor_decoder.h"

#include <ATen/TensorOperators.h>
#include <glog/logging.h>
#include <torch/nn/modules/container/modulelist.h>

#include "vit/decoders/decoder_block_options.h"
#include "vit/ops/gather_rows.h"
#include "vit/parameter.h"
#include "vit/position_embedding.h"

namespace caldera::vit {

RegressorDecoder::RegressorDecoder(const DecoderSpec& spec,
                                   const DecoderSizes& sizes)
    : prefix_(sizes.class_token ? 1 : 0) {
  const int64_t d = spec.embed_dim();
  embed_ = register_module("decoder_embed",
                           std::make_shared<Linear>(sizes.encoder_dim, d));
  mask_token_ = register_parameter("mask_token", NewParameter({1, 1, d}));
  pos_embed_ = register_buffer("decoder_pos_embed",
                               SinCosPositionEmbedding(d, sizes.grid, prefix_));
  auto regressor = register_module("regressor_blocks", torch::nn::ModuleList());
  auto blocks = register_module("decoder_blocks", torch::nn::ModuleList());
  const BlockOptions options = DecoderBlockOptions(spec);
  for (int i = 0; i < spec.regressor_depth(); ++i) {
    regressor_.push_back(std::make_shared<CrossBlock>(options));
    regressor->push_back(regressor_.back());
  }
  regressor_norm_ =
      register_module("regressor_norm", std::make_shared<LayerNorm>(d));
  latent_ = register_module("regressor_latent",
                            std::make_shared<Linear>(d, sizes.encoder_dim));
  for (int i = 0; i < spec.depth(); ++i) {
    blocks_.push_back(std::make_shared<Block>(options));
    blocks->push_back(blocks_.back());
  }
  norm_ = register_module("decoder_norm", std::make_shared<LayerNorm>(d));
  pred_ = register_module("decoder_pred",
                          std::make_shared<Linear>(d, sizes.target_dim));
}

Decoded RegressorDecoder::Decode(const at::Tensor& latent,
                                 const at::Tensor& ids_restore,
                                 const at::Tensor& memory) const {
  CHECK(!memory.defined()) << "the regressor reads no memory";
  const int64_t visible = latent.size(1) - prefix_;
  const at::Tensor position =
      GatherRows(pos_embed_.slice(1, prefix_), MaskedIds(ids_restore, visible));
  BlockRequest request;
  request.memory = embed_->forward(latent);  // [B, P + Nv, Dd]
  at::Tensor x = mask_token_ + position;     // [B, Nm, Dd]
  for (const auto& block : regressor_) x = block->Forward(x, request);
  const at::Tensor latents =
      latent_->forward(regressor_norm_->forward(x));  // [B, Nm, D]
  x = embed_->forward(latents) + position;            // [B, Nm, Dd]
  for (const auto& block : blocks_) x = block->Forward(x, {});
  const at::Tensor prediction =
      pred_->forward(norm_->forward(x));  // [B, Nm, T]
  return {prediction.to(latent.scalar_type()),
          latents.to(latent.scalar_type())};
}

}  // namespace caldera::vit
