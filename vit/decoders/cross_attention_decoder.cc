#include "vit/decoders/cross_attention_decoder.h"

#include <ATen/TensorOperators.h>
#include <torch/nn/modules/container/modulelist.h>

#include "vit/decoders/decoder_block_options.h"
#include "vit/ops/gather_rows.h"
#include "vit/parameter.h"
#include "vit/position_embedding.h"

namespace caldera::vit {

CrossAttentionDecoder::CrossAttentionDecoder(const DecoderSpec& spec,
                                             const DecoderSizes& sizes)
    : prefix_(sizes.class_token ? 1 : 0) {
  const int64_t d = spec.embed_dim();
  embed_ = register_module("decoder_embed",
                           std::make_shared<Linear>(sizes.encoder_dim, d));
  mask_token_ = register_parameter("mask_token", NewParameter({1, 1, d}));
  pos_embed_ = register_buffer("decoder_pos_embed",
                               SinCosPositionEmbedding(d, sizes.grid, prefix_));
  auto blocks = register_module("decoder_blocks", torch::nn::ModuleList());
  const BlockOptions options = DecoderBlockOptions(spec);
  for (int i = 0; i < spec.depth(); ++i) {
    blocks_.push_back(std::make_shared<CrossBlock>(options));
    blocks->push_back(blocks_.back());
  }
  norm_ = register_module("decoder_norm", std::make_shared<LayerNorm>(d));
  pred_ = register_module("decoder_pred",
                          std::make_shared<Linear>(d, sizes.target_dim));
}

at::Tensor CrossAttentionDecoder::Predict(const at::Tensor& latent,
                                          const at::Tensor& ids_restore,
                                          const at::Tensor& memory) const {
  const int64_t visible = latent.size(1) - prefix_;
  BlockRequest request;
  request.memory =
      embed_->forward(memory.defined() ? memory : latent);  // [B, M, Dd]
  at::Tensor x = mask_token_ + GatherRows(pos_embed_.slice(1, prefix_),
                                          MaskedIds(ids_restore, visible));
  for (const auto& block : blocks_) x = block->Forward(x, request);
  return pred_->forward(norm_->forward(x));  // [B, Nm, T]
}

}  // namespace caldera::vit
