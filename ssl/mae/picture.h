// Draws the picture of what a decoder predicts.
//
//   std::optional<Reconstruction> picture =
//       MakePicture(decoder, target, grid, images, mask, latent,
//       /*memory=*/{});
#ifndef CALDERA_SSL_MAE_PICTURE_H_
#define CALDERA_SSL_MAE_PICTURE_H_

#include <ATen/core/Tensor.h>

#include <optional>

#include "ssl/masking/mask.h"
#include "ssl/methods/method.h"
#include "ssl/targets/target.h"
#include "vit/decoders/decoder.h"
#include "vit/grid.h"

namespace caldera::ssl {

// Returns what is predicted of images [B, C, H, W] of one mask each, whose
// fields may be undefined if no patch is removed. latent: [B, 1 + Nv or N, D].
// memory: [B, 1 + N, D] of another view, or undefined. A decoder that predicts
// only the removed patches leaves the visible ones as they are. Returns nothing
// if the target cannot be shown as pixels.
std::optional<Reconstruction> MakePicture(
    const vit::Decoder& decoder, const Target& target, const vit::Grid& grid,
    const at::Tensor& images, const Mask& mask, const at::Tensor& latent,
    const at::Tensor& memory);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_PICTURE_H_
