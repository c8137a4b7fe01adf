#ifndef CALDERA_VIT_DECODER_H_
#define CALDERA_VIT_DECODER_H_

// MAE's decoder: latents of the visible patches to pixels of all patches.
//
//   auto decoder = std::make_shared<vit::MaeDecoder>(spec.decoder(), 768, 14,
//   768); at::Tensor prediction = decoder->forward(latent, ids_restore);  //
//   [B, N, T]
//
// Parameter names are the official code's (`decoder_pred.bias`, `mask_token`).

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "vit/block.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

class MaeDecoder : public torch::nn::Module {
 public:
  // encoder_dim: width of the latents; grid_size: patches a side; target_dim:
  // numbers predicted for a patch (p*p*C for pixels).
  MaeDecoder(const DecoderSpec& spec, int64_t encoder_dim, int64_t grid_size,
             int64_t target_dim);

  // latent [B, 1 + Nv, D] in the order of ids_keep, ids_restore int64 [B, N]
  // -> [B, N, T] in image order. Mask tokens stand where a patch was removed.
  at::Tensor forward(const at::Tensor& latent, const at::Tensor& ids_restore);

 private:
  torch::nn::Linear embed_{nullptr}, pred_{nullptr};
  at::Tensor mask_token_;  // [1, 1, Dd]
  at::Tensor pos_embed_;   // [1, 1 + N, Dd]
  std::vector<std::shared_ptr<Block>> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODER_H_
