#ifndef CALDERA_VIT_DECODERS_TRANSFORMER_DECODER_H_
#define CALDERA_VIT_DECODERS_TRANSFORMER_DECODER_H_

// MAE's decoder: a light transformer over visible and mask tokens.
//
//   vit::TransformerDecoder decoder(spec, {768, {14, 14}, 16 * 16 * 3, true});
//   at::Tensor prediction = decoder.forward(latent, ids_restore);
//   // [B, 196, 768]
//
// Parameter names are the official code's (`decoder_pred.bias`, `mask_token`).
//
// With spec.masked_only the same predictions for the masked patches alone. A
// transformer does not care about the order of its tokens, so they stay
// shuffled, visible ones first, and in the last block only the masked ones ask
// and are computed on: of MAE-B's work 2.5 % less.
//
// Other kinds of blocks make other decoders of it: CRATE's, and those of self-
// and cross-attention, which read a memory. Where the latents are of every
// patch, no token stands for one that is removed.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "vit/blocks/token_block.h"
#include "vit/decoders/decoder.h"
#include "vit/layer_norm.h"
#include "vit/ops/linear.h"
#include "vit/vit.pb.h"

namespace caldera::vit {

class TransformerDecoder : public Decoder {
 public:
  TransformerDecoder(const DecoderSpec& spec, const DecoderSizes& sizes);

  bool predicts_masked_only() const override { return masked_only_; }
  at::Tensor PredictEveryPatch(const at::Tensor& latent,
                               const at::Tensor& ids_restore,
                               const at::Tensor& memory) const override;

 private:
  at::Tensor Predict(const at::Tensor& latent, const at::Tensor& ids_restore,
                     const at::Tensor& memory) const override;
  // Visible tokens in the order of ids_keep, then mask tokens: [B, P + N, Dd],
  // without positions. `num_given`: how many come from the encoder.
  at::Tensor Tokens(const at::Tensor& latent, int64_t num_patches,
                    int64_t* num_given) const;
  // The embedded memory, if there is one.
  BlockRequest Request(const at::Tensor& memory) const;
  // From tokens in image order, with their positions.
  at::Tensor PredictInOrder(at::Tensor x, const BlockRequest& request) const;
  at::Tensor PredictAll(const at::Tensor& tokens, const at::Tensor& ids_restore,
                        const BlockRequest& request) const;
  at::Tensor PredictMasked(const at::Tensor& tokens, int64_t num_given,
                           const at::Tensor& ids_restore,
                           const BlockRequest& request) const;

  bool every_patch_, masked_only_;
  int64_t prefix_;  // P
  std::shared_ptr<Linear> embed_, pred_;
  at::Tensor mask_token_;  // [1, 1, Dd]; undefined where latents are of all
  at::Tensor pos_embed_;   // [1, P + N, Dd]
  std::vector<std::shared_ptr<TokenBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_TRANSFORMER_DECODER_H_
