// The interface of all decoders: a decoder predicts patches from the latents of
// the visible ones. MakeDecoder (vit/decoders/make_decoder.h) builds one.
//
//   at::Tensor prediction = decoder->forward(latent, ids_restore);
//   if (decoder->predicts_masked_only()) {  // [B, Nm, T]
//     target = GatherRows(target, MaskedIds(ids_restore, num_visible));
//   }                                       // else [B, N, T], in image order
//
// Shapes: N patches an image, Nv of them visible, Nm = N - Nv masked, P prefix
// tokens (1 with a CLS token, else 0), T numbers predicted for a patch.
#ifndef CALDERA_VIT_DECODERS_DECODER_H_
#define CALDERA_VIT_DECODERS_DECODER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>

#include "vit/grid.h"

namespace caldera::vit {

// The sizes of a decoder that follow from the encoder and the target.
struct DecoderSizes {
  int64_t encoder_dim = 0;  // D, the latents' width
  Grid grid;                // the patches of an image
  int64_t target_dim = 0;   // T; p*p*C for pixels
  bool class_token = true;  // the latents begin with a CLS token
  // The latents are those of all patches, in image order: there is no mask
  // token, and every patch is predicted.
  bool every_patch = false;
  int64_t memory = 0;  // M, which the cost of a decoder that reads one needs
};

// A prediction, and the latents of the masked patches, [B, Nm, D] in the order
// of MaskedIds, from a decoder that predicts them; from others `latents` is
// undefined.
struct Decoded {
  at::Tensor prediction, latents;
};

class Decoder : public torch::nn::Module {
 public:
  // Predicts patches from latents.
  //
  // latent: [B, P + Nv, D], patches in the order of ids_keep. ids_restore:
  // int64 [B, N], the place of each patch among the shuffled ones, of which the
  // first Nv are visible; not read where the latents are those of every patch.
  // memory: [B, M, D], which a decoder of cross-attention reads in place of the
  // latents, and one of self- and cross-attention in addition to them; other
  // kinds take none.
  //
  // Returns [B, N, T] in image order, in the latents' type. A decoder that
  // predicts the masked patches only returns [B, Nm, T], row j for patch
  // MaskedIds(ids_restore, Nv)[:, j].
  at::Tensor forward(const at::Tensor& latent, const at::Tensor& ids_restore,
                     const at::Tensor& memory = {}) const {
    return Predict(latent, ids_restore, memory).to(latent.scalar_type());
  }

  // Returns the result of forward together with the latents that the decoder
  // has predicted on the way.
  virtual Decoded Decode(const at::Tensor& latent,
                         const at::Tensor& ids_restore,
                         const at::Tensor& memory = {}) const {
    return {forward(latent, ids_restore, memory), {}};
  }

  virtual bool predicts_masked_only() const = 0;

  // Returns [B, N, T] in image order with the visible patches too, for
  // pictures; undefined from a decoder that has no tokens for these.
  virtual at::Tensor PredictEveryPatch(const at::Tensor& latent,
                                       const at::Tensor& ids_restore,
                                       const at::Tensor& memory) const {
    return predicts_masked_only() ? at::Tensor()
                                  : forward(latent, ids_restore, memory);
  }

 private:
  virtual at::Tensor Predict(const at::Tensor& latent,
                             const at::Tensor& ids_restore,
                             const at::Tensor& memory) const = 0;
};

// Returns the patches in shuffled order, the inverse of each row's permutation:
// int64 [B, N]. The call neither sorts nor synchronises with the host.
at::Tensor IdsShuffle(const at::Tensor& ids_restore);

// Returns the masked patches in ascending order of their noise, ids_shuffle[:,
// Nv:]: int64 [B, Nm].
at::Tensor MaskedIds(const at::Tensor& ids_restore, int64_t num_visible);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_DECODER_H_
