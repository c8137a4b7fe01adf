#include "vit/decoders/linear_decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <glog/logging.h>

#include "vit/ops/gather_rows.h"
#include "vit/parameter.h"
#include "vit/position_embedding.h"

namespace caldera::vit {

LinearDecoder::LinearDecoder(const DecoderSpec& spec, const DecoderSizes& sizes)
    : every_patch_(sizes.every_patch),
      masked_only_(spec.masked_only() && !sizes.every_patch),
      prefix_(sizes.class_token ? 1 : 0) {
  const int64_t d = sizes.encoder_dim;
  if (!every_patch_) {
    mask_token_ = register_parameter("mask_token", NewParameter({1, 1, d}));
    pos_embed_ = register_buffer(
        "decoder_pos_embed", SinCosPositionEmbedding(d, sizes.grid, prefix_));
  }
  pred_ = register_module("decoder_pred",
                          std::make_shared<Linear>(d, sizes.target_dim));
}

at::Tensor LinearDecoder::Predict(const at::Tensor& latent,
                                  const at::Tensor& ids_restore,
                                  const at::Tensor& memory) const {
  CHECK(!memory.defined()) << "the linear decoder reads no memory";
  if (every_patch_) return pred_->forward(latent.slice(1, prefix_));
  const int64_t visible = latent.size(1) - prefix_;
  const at::Tensor position =
      GatherRows(pos_embed_.slice(1, prefix_),
                 MaskedIds(ids_restore, visible));  // [B, Nm, D]
  const at::Tensor masked =
      pred_->forward(latent.mean(1, /*keepdim=*/true) + mask_token_ + position);
  if (masked_only_) return masked;  // [B, Nm, T]
  const at::Tensor shuffled =
      at::cat({pred_->forward(latent.slice(1, prefix_)), masked}, 1);
  return GatherRows(shuffled, ids_restore);  // [B, N, T]
}

}  // namespace caldera::vit
