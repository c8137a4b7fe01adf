// A decoder whose tokens are the masked patches only: they are the queries of
// cross-attention to the latents (CrossMAE; Fu et al. 2024, "Rethinking Patch
// Dependence for Masked Autoencoders").
//
//   vit::CrossAttentionDecoder decoder(spec, {768, {14, 14}, 768, true});
//   // [B, Nm, 768]
//   at::Tensor prediction = decoder.forward(latent, ids_restore);
//   // with another view's latents, [B, M, 768], as keys and values:
//   prediction = decoder.forward(latent, ids_restore, other_latent);
//
// A query is the mask token plus the sine-cosine embedding of its patch. Keys
// and values are the embedded latents, CLS token included, without a position
// embedding: the encoder has added one already. Masked patches do not attend to
// each other, so the work grows with Nm * Nv in place of N^2.
#ifndef CALDERA_VIT_DECODERS_CROSS_ATTENTION_DECODER_H_
#define CALDERA_VIT_DECODERS_CROSS_ATTENTION_DECODER_H_

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

class CrossAttentionDecoder : public Decoder {
 public:
  CrossAttentionDecoder(const DecoderSpec& spec, const DecoderSizes& sizes);

  bool predicts_masked_only() const override { return true; }

 private:
  at::Tensor Predict(const at::Tensor& latent, const at::Tensor& ids_restore,
                     const at::Tensor& memory) const override;

  int64_t prefix_;  // P
  std::shared_ptr<Linear> embed_, pred_;
  at::Tensor mask_token_;  // [1, 1, Dd]
  at::Tensor pos_embed_;   // [1, P + N, Dd]
  std::vector<std::shared_ptr<CrossBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_CROSS_ATTENTION_DECODER_H_
