#ifndef CALDERA_VIT_MODEL_ENCODER_H_
#define CALDERA_VIT_MODEL_ENCODER_H_

// The ViT encoder: images to tokens, on all patches or on the visible ones.
//
//   auto encoder = std::make_shared<vit::Encoder>(spec);
//   vit::InitializeVit(*encoder, /*seed=*/0);
//   vit::EncoderOutput out = encoder->forward(images, ids_keep, {10, 11});
//   out.tokens;   // [B, 1 + Nv, D], after the final norm, CLS first
//   out.taps[0];  // [B, 1 + Nv, D], block 10's output, before the final norm
//
// Parameter names are the official MAE code's and timm's. `pos_embed` is a
// buffer where it is fixed: it does not train, but is part of the weights. A
// new encoder's weights are undefined until InitializeVit or a file has filled
// them. Where the spec says so there is no CLS token; P below is the number of
// tokens before the patches', 1 or 0.
//
// Images need not have the spec's size: any multiple of the patch size will do,
// square or not, and the position embedding is interpolated to its grid.

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
#include "vit/vit.pb.h"

namespace caldera::vit {

// What a forward pass takes beside the images. Blocks are counted from 0.
struct EncoderRequest {
  std::optional<at::Tensor> ids_keep;  // int64 [B, Nv], the visible patches
  // int64 [B, Nc]: of the tokens' patches (by their places among them) those
  // that alone are keys and values, beside the CLS token. None: all are.
  std::optional<at::Tensor> ids_context;
  std::vector<int64_t> taps;            // blocks whose outputs are wanted
  std::vector<int64_t> query_key_taps;  // blocks whose queries and keys are
  std::vector<int64_t> attention_taps;  // blocks whose attention weights are
  // [B, depth, 2] in [0, 1), of any float type and device: a branch is dropped
  // where its number is below the block's rate. Needed in training mode where
  // the spec's drop_path is not 0.
  at::Tensor drop_path_uniforms;
};

struct QueriesAndKeys {
  at::Tensor queries, keys;  // [B, h, P + Nv (or P + Nc), D/h]
};

// What was asked for by block comes in the order asked for.
struct EncoderOutput {
  at::Tensor tokens;             // [B, P + Nv, D], after the final norm
  std::vector<at::Tensor> taps;  // each [B, P + Nv, D]
  std::vector<QueriesAndKeys> queries_and_keys;
  // each [B, h, P + Nv, P + Nv (or P + Nc)], float32
  std::vector<at::Tensor> attention;
};

class Encoder : public torch::nn::Module {
 public:
  // A spec that Validate accepts; it may leave sizes to a model of the zoo.
  explicit Encoder(const EncoderSpec& spec);

  // images: [B, C, H, W], normalised, of the parameters' dtype.
  EncoderOutput forward(const at::Tensor& images,
                        const EncoderRequest& request) const;

  // The same for what is asked most often. Without ids_keep: all patches.
  EncoderOutput forward(const at::Tensor& images,
                        const std::optional<at::Tensor>& ids_keep = {},
                        const std::vector<int64_t>& taps = {}) const;

  // With the zoo's sizes filled in.
  const EncoderSpec& spec() const { return spec_; }
  int64_t grid_size() const { return spec_.image_size() / spec_.patch_size(); }
  Grid grid() const { return {grid_size(), grid_size()}; }
  int64_t num_patches() const { return grid().size(); }
  int64_t num_prefix_tokens() const { return spec_.class_token() ? 1 : 0; }

 private:
  at::Tensor Embed(const at::Tensor& images,
                   const std::optional<at::Tensor>& ids_keep) const;

  EncoderSpec spec_;
  std::shared_ptr<PatchEmbed> patch_embed_;
  at::Tensor cls_token_;  // [1, 1, D], or undefined
  at::Tensor pos_embed_;  // [1, P + N, D], or undefined; CLS in row 0
  std::vector<std::shared_ptr<TokenBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_MODEL_ENCODER_H_
