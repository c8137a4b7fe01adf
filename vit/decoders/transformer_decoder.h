// MAE's decoder: a light transformer over visible and mask tokens.
//
//   vit::TransformerDecoder decoder(spec, {768, {14, 14}, 16 * 16 * 3, true});
//   at::Tensor prediction = decoder.forward(latent, ids_restore);
//   // [B, 196, 768]
//
// Parameter names are the official code's (`decoder_pred.bias`, `mask_token`).
//
// With spec.masked_only the decoder returns the same predictions for the masked
// patches alone. A transformer does not depend on the order of its tokens, so
// they stay shuffled, visible ones first, and in the last block only the masked
// ones are queries and pass through projection and MLP. That saves 2.5 % of
// MAE-B's work.
//
// With other blocks the same class is CRATE's decoder, or one of self- and
// cross-attention, which reads a memory. Where the latents are those of every
// patch, there is no mask token.
#ifndef CALDERA_VIT_DECODERS_TRANSFORMER_DECODER_H_
#define CALDERA_VIT_DECODERS_TRANSFORMER_DECODER_H_

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
  // Returns the visible tokens in the order of ids_keep, followed by the mask
  // tokens: [B, P + N, Dd], without position embedding. `num_given` receives
  // the number of tokens that come from the encoder.
  at::Tensor Tokens(const at::Tensor& latent, int64_t num_patches,
                    int64_t* num_given) const;
  // Returns the request of every block: the embedded memory, if there is one.
  BlockRequest Request(const at::Tensor& memory) const;
  // Predicts from tokens in image order, position embedding included.
  at::Tensor PredictInOrder(at::Tensor x, const BlockRequest& request) const;
  at::Tensor PredictAll(const at::Tensor& tokens, const at::Tensor& ids_restore,
                        const BlockRequest& request) const;
  at::Tensor PredictMasked(const at::Tensor& tokens, int64_t num_given,
                           const at::Tensor& ids_restore,
                           const BlockRequest& request) const;

  bool every_patch_, masked_only_;
  int64_t prefix_;  // P
  std::shared_ptr<Linear> embed_, pred_;
  at::Tensor mask_token_;  // [1, 1, Dd]; undefined where every_patch_
  at::Tensor pos_embed_;   // [1, P + N, Dd]
  std::vector<std::shared_ptr<TokenBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_TRANSFORMER_DECODER_H_
