#include "vit/decoders/transformer_decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/modules/container/modulelist.h>

#include "vit/blocks/block.h"
#include "vit/blocks/parts/crate.h"
#include "vit/blocks/self_cross_block.h"
#include "vit/decoders/decoder_block_options.h"
#include "vit/ops/gather_rows.h"
#include "vit/parameter.h"
#include "vit/position_embedding.h"

namespace caldera::vit {
namespace {

std::shared_ptr<TokenBlock> MakeBlock(const DecoderSpec& spec) {
  if (spec.kind() == DecoderSpec::CRATE) {
    CrateOptions options;
    options.embed_dim = spec.embed_dim();
    options.num_heads = spec.num_heads();
    options.recompute = spec.checkpoint_blocks();
    return MakeCrateDecoderBlock(options);
  }
  const BlockOptions options = DecoderBlockOptions(spec);
  if (spec.kind() == DecoderSpec::SELF_CROSS_ATTENTION) {
    return std::make_shared<SelfCrossBlock>(options);
  }
  return std::make_shared<Block>(options);
}

}  // namespace

TransformerDecoder::TransformerDecoder(const DecoderSpec& spec,
                                       const DecoderSizes& sizes)
    : every_patch_(sizes.every_patch),
      masked_only_(spec.masked_only() && !sizes.every_patch),
      prefix_(sizes.class_token ? 1 : 0) {
  const int64_t d = spec.embed_dim();
  embed_ = register_module("decoder_embed",
                           std::make_shared<Linear>(sizes.encoder_dim, d));
  if (!every_patch_) {
    mask_token_ = register_parameter("mask_token", NewParameter({1, 1, d}));
  }
  pos_embed_ = register_buffer("decoder_pos_embed",
                               SinCosPositionEmbedding(d, sizes.grid, prefix_));
  auto blocks = register_module("decoder_blocks", torch::nn::ModuleList());
  for (int i = 0; i < spec.depth(); ++i) {
    blocks_.push_back(MakeBlock(spec));
    blocks->push_back(blocks_.back());
  }
  norm_ = register_module("decoder_norm", std::make_shared<LayerNorm>(d));
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

BlockRequest TransformerDecoder::Request(const at::Tensor& memory) const {
  BlockRequest request;
  if (memory.defined()) request.memory = embed_->forward(memory);  // [B, M, Dd]
  return request;
}

at::Tensor TransformerDecoder::Predict(const at::Tensor& latent,
                                       const at::Tensor& ids_restore,
                                       const at::Tensor& memory) const {
  const BlockRequest request = Request(memory);
  if (every_patch_) {
    return PredictInOrder(embed_->forward(latent) + pos_embed_, request);
  }
  int64_t num_given = 0;
  const at::Tensor tokens = Tokens(latent, ids_restore.size(1), &num_given);
  return masked_only_ ? PredictMasked(tokens, num_given, ids_restore, request)
                      : PredictAll(tokens, ids_restore, request);
}

at::Tensor TransformerDecoder::PredictEveryPatch(
    const at::Tensor& latent, const at::Tensor& ids_restore,
    const at::Tensor& memory) const {
  if (every_patch_) return forward(latent, ids_restore, memory);
  int64_t num_given = 0;
  const at::Tensor tokens = Tokens(latent, ids_restore.size(1), &num_given);
  return PredictAll(tokens, ids_restore, Request(memory))
      .to(latent.scalar_type());
}

at::Tensor TransformerDecoder::PredictInOrder(
    at::Tensor x, const BlockRequest& request) const {
  for (const auto& block : blocks_) x = block->Forward(x, request);
  return pred_->forward(norm_->forward(x.slice(1, prefix_)));
}

at::Tensor TransformerDecoder::PredictAll(const at::Tensor& tokens,
                                          const at::Tensor& ids_restore,
                                          const BlockRequest& request) const {
  at::Tensor ids = ids_restore;
  if (prefix_ != 0) {
    // The CLS token keeps its place.
    ids = at::cat({at::zeros({ids.size(0), 1}, ids.options()), ids + 1}, 1);
  }
  return PredictInOrder(GatherRows(tokens, ids) + pos_embed_, request);
}

at::Tensor TransformerDecoder::PredictMasked(
    const at::Tensor& tokens, int64_t num_given, const at::Tensor& ids_restore,
    const BlockRequest& request) const {
  at::Tensor position = GatherRows(pos_embed_.slice(1, prefix_),
                                   IdsShuffle(ids_restore));  // [B, N, Dd]
  if (prefix_ != 0) {
    position = at::cat(
        {pos_embed_.slice(1, 0, 1).expand({tokens.size(0), -1, -1}), position},
        1);  // [B, P + N, Dd]
  }
  at::Tensor x = tokens + position;
  for (size_t i = 0; i + 1 < blocks_.size(); ++i) {
    x = blocks_[i]->Forward(x, request);
  }
  BlockRequest last = request;
  last.first = num_given;
  x = blocks_.back()->Forward(x, last);      // [B, Nm, Dd]
  return pred_->forward(norm_->forward(x));  // [B, Nm, T]
}

}  // namespace caldera::vit
