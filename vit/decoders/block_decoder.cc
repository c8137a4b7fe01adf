#include "vit/decoders/block_decoder.h"

#include "vit/ops/gather_rows.h"
#include "vit/parameter.h"
#include "vit/position_embedding.h"

namespace caldera::vit {

BlockOptions DecoderBlockOptions(const DecoderSpec& spec) {
  BlockOptions options;
  options.embed_dim = spec.embed_dim();
  options.num_heads = spec.num_heads();
  options.mlp_ratio = spec.mlp_ratio();
  options.recompute = spec.checkpoint_blocks();
  return options;
}

BlockSizes DecoderBlockSizes(const DecoderSpec& spec) {
  return {spec.embed_dim(),
          static_cast<int64_t>(spec.embed_dim() * spec.mlp_ratio()),
          spec.num_heads(), spec.checkpoint_blocks()};
}

Cost EmbedAndHeadCost(const DecoderSpec& spec, const DecoderSizes& sizes,
                      int64_t given, int64_t predicted) {
  const int64_t d = spec.embed_dim(), t = sizes.target_dim;
  Cost cost =
      ProductCost(given, sizes.encoder_dim, d) + ProductCost(predicted, d, t);
  cost.activations = NormMemory(predicted, d) + predicted * t;
  return cost;
}

BlockDecoder::BlockDecoder(const DecoderSpec& spec, const DecoderSizes& sizes)
    : sizes_(sizes), dim_(spec.embed_dim()) {
  embed_ = register_module("decoder_embed",
                           std::make_shared<Linear>(sizes.encoder_dim, dim_));
  if (!sizes.every_patch) {
    mask_token_ = register_parameter("mask_token", NewParameter({1, 1, dim_}));
  }
  pos_embed_ = register_buffer(
      "decoder_pos_embed",
      SinCosPositionEmbedding(dim_, sizes.grid, sizes.prefix()));
}

void BlockDecoder::AddHead() {
  norm_ = register_module("decoder_norm", std::make_shared<LayerNorm>(dim_));
  pred_ = register_module("decoder_pred",
                          std::make_shared<Linear>(dim_, sizes_.target_dim));
}

at::Tensor BlockDecoder::RemovedPositions(const at::Tensor& latent,
                                          const at::Tensor& ids_restore) const {
  const int64_t visible = latent.size(1) - sizes_.prefix();
  return GatherRows(pos_embed_.slice(1, sizes_.prefix()),
                    MaskedIds(ids_restore, visible));
}

at::Tensor BlockDecoder::Head(const at::Tensor& x,
                              const at::Tensor& latent) const {
  return pred_->forward(norm_->forward(x)).to(latent.scalar_type());
}

}  // namespace caldera::vit
