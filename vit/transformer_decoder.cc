#include "vit/transformer_decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <glog/logging.h>
#include <torch/nn/modules/container/modulelist.h>

#include "vit/position_embedding.h"

namespace caldera::vit {

TransformerDecoder::TransformerDecoder(const DecoderSpec& spec,
                                       const DecoderSizes& sizes)
    : masked_only_(spec.masked_only()), prefix_(sizes.class_token ? 1 : 0) {
  const int64_t d = spec.embed_dim();
  embed_ = register_module("decoder_embed",
                           std::make_shared<Linear>(sizes.encoder_dim, d));
  mask_token_ = register_parameter("mask_token", at::empty({1, 1, d}));
  pos_embed_ = register_buffer("decoder_pos_embed",
                               SinCosPositionEmbedding(d, sizes.grid, prefix_));
  auto blocks = register_module("decoder_blocks", torch::nn::ModuleList());
  BlockOptions options;
  options.embed_dim = d;
  options.num_heads = spec.num_heads();
  options.mlp_ratio = spec.mlp_ratio();
  options.recompute = spec.checkpoint_blocks();
  for (int i = 0; i < spec.depth(); ++i) {
    blocks_.push_back(std::make_shared<Block>(options));
    blocks->push_back(blocks_.back());
  }
  norm_ = register_module("decoder_norm", MakeLayerNorm(d));
  pred_ = register_module("decoder_pred",
                          std::make_shared<Linear>(d, sizes.target_dim));
}

at::Tensor TransformerDecoder::Tokens(const at::Tensor& latent,
                                      int64_t num_patches,
                                      int64_t* num_given) const {
  const at::Tensor embedded = embed_->forward(latent);  // [B, P + Nv, Dd]
  *num_given = embedded.size(1);
  const int64_t masked = num_patches - (*num_given - prefix_);  // Nm
  return at::cat({embedded, mask_token_.expand(
                                {embedded.size(0), masked, embedded.size(2)})},
                 1);
}

at::Tensor TransformerDecoder::Predict(const at::Tensor& latent,
                                       const at::Tensor& ids_restore,
                                       const at::Tensor& memory) const {
  CHECK(!memory.defined()) << "MAE's decoder reads no memory";
  int64_t num_given = 0;
  const at::Tensor tokens = Tokens(latent, ids_restore.size(1), &num_given);
  return masked_only_ ? PredictMasked(tokens, num_given, ids_restore)
                      : PredictAll(tokens, ids_restore);
}

at::Tensor TransformerDecoder::PredictEveryPatch(
    const at::Tensor& latent, const at::Tensor& ids_restore) const {
  int64_t num_given = 0;
  return PredictAll(Tokens(latent, ids_restore.size(1), &num_given),
                    ids_restore)
      .to(latent.scalar_type());
}

at::Tensor TransformerDecoder::PredictAll(const at::Tensor& tokens,
                                          const at::Tensor& ids_restore) const {
  at::Tensor ids = ids_restore;
  if (prefix_ != 0) {
    // The prefix stays where it is.
    ids = at::cat({at::zeros({ids.size(0), 1}, ids.options()), ids + 1}, 1);
  }
  at::Tensor x = GatherPatches(tokens, ids) + pos_embed_;
  for (const auto& block : blocks_) x = block->forward(x);  // [B, P + N, Dd]
  return pred_->forward(norm_.ptr()->forward(x.slice(1, prefix_)));
}

at::Tensor TransformerDecoder::PredictMasked(
    const at::Tensor& tokens, int64_t num_given,
    const at::Tensor& ids_restore) const {
  at::Tensor position = GatherPatches(pos_embed_.slice(1, prefix_),
                                      IdsShuffle(ids_restore));  // [B, N, Dd]
  if (prefix_ != 0) {
    position = at::cat(
        {pos_embed_.slice(1, 0, 1).expand({tokens.size(0), -1, -1}), position},
        1);  // [B, P + N, Dd]
  }
  at::Tensor x = tokens + position;
  for (size_t i = 0; i + 1 < blocks_.size(); ++i) x = blocks_[i]->forward(x);
  x = blocks_.back()->ForwardFrom(x, num_given);   // [B, Nm, Dd]
  return pred_->forward(norm_.ptr()->forward(x));  // [B, Nm, T]
}

}  // namespace caldera::vit
