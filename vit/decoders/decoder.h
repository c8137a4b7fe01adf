// The interface of all decoders: a decoder predicts patches from the latents of
// the visible ones. A plan (vit/decoders/decoder_plan.h) builds one.
//
//   vit::Decoded out = decoder->Decode({latent, ids_restore});
//   if (out.removed_only) {  // out.prediction is [B, Nm, T]
//     target = GatherRows(target, MaskedIds(ids_restore, num_visible));
//   }                        // else [B, N, T], in image order
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

  int64_t prefix() const { return class_token ? 1 : 0; }  // P
};

struct DecoderInput {
  at::Tensor latent;  // [B, P + Nv, D], patches in the order of ids_keep
  // int64 [B, N]: the place of each patch among the shuffled ones, of which the
  // first Nv are visible; not read where the latents are those of every patch.
  at::Tensor ids_restore;
  // [B, M, D], which a decoder of cross-attention reads in place of the
  // latents, and one of self- and cross-attention in addition to them; other
  // kinds take none.
  at::Tensor memory;
  // Asks for the visible patches too, for pictures; a decoder that has no
  // tokens for these predicts the removed ones all the same.
  bool every_patch = false;
};

struct Decoded {
  // [B, N, T] in image order, in the latents' type. With removed_only it is
  // [B, Nm, T], row j for patch MaskedIds(ids_restore, Nv)[:, j].
  at::Tensor prediction;
  bool removed_only = false;
  // The latents of the masked patches, [B, Nm, D] in the order of MaskedIds,
  // from a decoder that predicts them; undefined from others.
  at::Tensor latents;
};

class Decoder : public torch::nn::Module {
 public:
  // Predicts patches from latents.
  virtual Decoded Decode(const DecoderInput& input) const = 0;
};

// Returns the patches in shuffled order, the inverse of each row's permutation:
// int64 [B, N]. The call neither sorts nor synchronises with the host.
at::Tensor IdsShuffle(const at::Tensor& ids_restore);

// Returns the masked patches in ascending order of their noise, ids_shuffle[:,
// Nv:]: int64 [B, Nm].
at::Tensor MaskedIds(const at::Tensor& ids_restore, int64_t num_visible);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_DECODERS_DECODER_H_
