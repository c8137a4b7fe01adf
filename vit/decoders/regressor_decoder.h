// A decoder in two halves: a regressor predicts the latents that the encoder
// would give the masked patches, and the other half predicts their content from
// these latents alone (CAE).
//
//   vit::RegressorDecoder decoder(spec, {768, {14, 14}, 8192, true});
//   vit::Decoded out = decoder.Decode(latent, ids_restore);
//   out.latents;     // [B, Nm, 768], for an alignment with a teacher's
//   out.prediction;  // [B, Nm, 8192]
//
// A query is the mask token plus the sine-cosine embedding of its patch. In the
// regressor they attend to the embedded latents of the visible patches, block
// by block, and never to each other; its output is projected to the encoder's
// width. In the decoder these latents, embedded like the visible ones and with
// their position embedding added again, attend to each other only.
//
// Source: Chen et al., Context Autoencoder for Self-Supervised Representation
// Learning, IJCV 2023 (arXiv 2202.03026); Atten4Vis/CAE, modeling_cae.py and
// modeling_cae_helper.py. In that code the regressor's keys include the queries
// of the block, and branches are scaled (LayerScale). Its regressor has the
// encoder's width, or else the targets are projected to its width; here the
// predictions are projected to the encoder's width.
#ifndef CALDERA_VIT_DECODERS_REGRESSOR_DECODER_H_
#define CALDERA_VIT_DECODERS_REGRESSOR_DECODER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "vit/blocks/block.h"
#include "vit/decoders/decoder.h"
#include "vit/layer_norm.h"
#include "vit/ops/linear.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

class RegressorDecoder : public Decoder {
 public:
  RegressorDecoder(const DecoderSpec& spec, const DecoderSizes& sizes);

  Decoded Decode(const at::Tensor& latent, const at::Tensor& ids_restore,
                 const at::Tensor& memory) const override;
  bool predicts_masked_only() const override { return true; }

 private:
  at::Tensor Predict(const at::Tensor& latent, const at::Tensor& ids_restore,
                     const at::Tensor& memory) const override {
    return Decode(latent, ids_restore, memory).prediction;
  }

  int64_t prefix_;  // P
  std::shared_ptr<Linear> embed_, latent_, pred_;
  at::Tensor mask_token_;  // [1, 1, Dd]
  at::Tensor pos_embed_;   // [1, P + N, Dd]
  std::vector<std::shared_ptr<CrossBlock>> regressor_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<LayerNorm> regressor_norm_, norm_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_REGRESSOR_DECODER_H_
