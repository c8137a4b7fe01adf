// The ViT encoder: images to tokens, on all patches or on the visible ones.
//
//   auto encoder = std::make_shared<vit::Encoder>(spec);
//   vit::InitializeVit(*encoder, /*seed=*/0);
//   vit::EncoderOutput out = encoder->forward(images, ids_keep, {10, 11});
//   at::Tensor tokens = out.tokens;     // [B, 1 + Nv, D]
//   at::Tensor block_10 = out.taps[0];  // [B, 1 + Nv, D]
//
// The tokens come after the final norm, CLS first; a tap is a block's output,
// before the final norm.
//
// Parameter names are the official MAE code's and timm's. `pos_embed` is a
// buffer where it is fixed: it is not trained, but is part of the weights. A
// spec may ask for no CLS token; below, P is the number of prefix tokens, 1 or
// 0. Register tokens stay inside: blocks see them behind the patches, nothing
// that is returned has them.
//
// Caveat: a new encoder's weights are uninitialised until InitializeVit or a
// file has filled them.
//
// Images need not have the spec's size: their sides are any multiples of the
// patch size, and the position embedding is interpolated to their grid.
#ifndef CALDERA_VIT_MODEL_ENCODER_H_
#define CALDERA_VIT_MODEL_ENCODER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "vit/blocks/token_block.h"
#include "vit/grid.h"
#include "vit/layer_norm.h"
#include "vit/model/patch_embedding.h"
#include "vit/ops/rotary.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

// The inputs of a forward pass other than the images. Blocks are counted from
// 0.
struct EncoderRequest {
  std::optional<at::Tensor> ids_keep;  // int64 [B, Nv], the visible patches
  // int64 [B, Nc]: the only patches, by their places among the visible ones,
  // that are keys and values, together with the CLS token. None: all patches
  // are.
  std::optional<at::Tensor> ids_context;
  // Blocks whose outputs, queries and keys, or attention weights are returned.
  std::vector<int64_t> taps;
  std::vector<int64_t> query_key_taps;
  std::vector<int64_t> attention_taps;
  // [B, depth, 2] in [0, 1), of any float type and device: a branch is dropped
  // where its number is below the block's rate. It must be defined in training
  // mode where the spec's drop_path is not 0.
  at::Tensor drop_path_uniforms;
};

struct QueriesAndKeys {
  at::Tensor queries, keys;  // [B, h, P + Nv (or P + Nc), D/h]
};

// Each list is in the order of the request's list of blocks.
struct EncoderOutput {
  at::Tensor tokens;             // [B, P + Nv, D], after the final norm
  std::vector<at::Tensor> taps;  // each [B, P + Nv, D]
  std::vector<QueriesAndKeys> queries_and_keys;
  // each [B, h, P + Nv, P + Nv (or P + Nc)], float32
  std::vector<at::Tensor> attention;
};

class Encoder : public torch::nn::Module {
 public:
  // `spec` must be accepted by Validate; it may take its sizes from a model of
  // the zoo.
  explicit Encoder(const EncoderSpec& spec);

  // Encodes images [B, C, H, W], normalised, of the parameters' dtype.
  EncoderOutput forward(const at::Tensor& images,
                        const EncoderRequest& request) const;

  // Encodes with a request that has only these fields. Without ids_keep all
  // patches are visible.
  EncoderOutput forward(const at::Tensor& images,
                        const std::optional<at::Tensor>& ids_keep = {},
                        const std::vector<int64_t>& taps = {}) const;

  // Returns the spec with the zoo's sizes filled in.
  const EncoderSpec& spec() const { return spec_; }
  Grid grid() const { return GridOf(spec_); }
  int64_t num_patches() const { return grid().size(); }
  int64_t num_prefix_tokens() const { return spec_.class_token() ? 1 : 0; }

 private:
  // Returns [B, P + Nv + R, D], with R register tokens.
  at::Tensor Embed(const at::Tensor& images,
                   const std::optional<at::Tensor>& ids_keep) const;

  // Returns how these tokens' queries and keys are turned; undefined without
  // ROPE.
  Rotation Turns(const at::Tensor& images,
                 const std::optional<at::Tensor>& ids_keep) const;

  // Returns the places of the tokens that are keys, [B, P + Nc + R]: the CLS
  // token, the patches `ids_context` [B, Nc], the register tokens, which are
  // the last of all `tokens`.
  at::Tensor KeyIds(const at::Tensor& ids_context, int64_t tokens) const;

  EncoderSpec spec_;
  std::shared_ptr<PatchEmbed> patch_embed_;
  at::Tensor cls_token_;  // [1, 1, D], or undefined
  at::Tensor reg_token_;  // [1, R, D], or undefined
  at::Tensor pos_embed_;  // [1, P + N, D], or undefined; CLS in row 0
  std::vector<std::shared_ptr<TokenBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_pre_, norm_;  // null where there is none
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_ENCODER_H_
