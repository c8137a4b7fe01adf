#ifndef CALDERA_VIT_ENCODER_H_
#define CALDERA_VIT_ENCODER_H_

// The ViT encoder: images to tokens, on all patches or on the visible ones.
//
//   auto encoder = std::make_shared<vit::Encoder>(spec);
//   vit::InitializeVit(*encoder, /*seed=*/0);
//   vit::EncoderOutput out = encoder->forward(images, ids_keep, {10, 11});
//   out.tokens;   // [B, 1 + Nv, D], after the final norm, CLS first
//   out.taps[0];  // [B, 1 + Nv, D], block 10's output, before the final norm
//
// Parameter names are the official MAE code's and timm's. `pos_embed` is a
// buffer: it does not train, but is part of the weights. A new encoder's
// weights are undefined until InitializeVit or a file has filled them.

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "vit/block.h"
#include "vit/patch_embedding.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

struct EncoderOutput {
  at::Tensor tokens;             // [B, 1 + Nv, D], after the final norm
  std::vector<at::Tensor> taps;  // each [B, 1 + Nv, D], in the order asked for
};

class Encoder : public torch::nn::Module {
 public:
  explicit Encoder(const EncoderSpec& spec);  // a spec that Validate accepts

  // images: [B, C, H, W], normalised, of the parameters' dtype.
  // ids_keep: int64 [B, Nv], the patches to embed and process; none: all.
  // taps: numbers of blocks (from 0) whose outputs are wanted.
  EncoderOutput forward(const at::Tensor& images,
                        const std::optional<at::Tensor>& ids_keep = {},
                        const std::vector<int64_t>& taps = {});

  const EncoderSpec& spec() const { return spec_; }
  int64_t grid_size() const { return spec_.image_size() / spec_.patch_size(); }
  int64_t num_patches() const { return grid_size() * grid_size(); }

 private:
  EncoderSpec spec_;
  std::shared_ptr<PatchEmbed> patch_embed_;
  at::Tensor cls_token_;  // [1, 1, D]
  at::Tensor pos_embed_;  // [1, 1 + N, D], row 0 is the CLS token's
  std::vector<std::shared_ptr<Block>> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_ENCODER_H_
