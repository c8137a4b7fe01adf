// Draws the picture of what a decoder predicts.
//
//   std::optional<Reconstruction> picture = MakePicture(
//       decoder, target, grid, {images, latent, /*memory=*/{}, mask});
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

// The decoder's input for images of one mask each.
struct PictureInput {
  at::Tensor images;  // [B, C, H, W]
  at::Tensor latent;  // [B, 1 + Nv or N, D]
  at::Tensor memory;  // [B, 1 + N, D] of another view, or undefined
  Mask mask;          // undefined: no patch is removed
};

// Returns the predictions as images. A decoder that predicts only the removed
// patches leaves the visible ones as they are. Returns nothing if the target
// cannot be shown as pixels.
std::optional<Reconstruction> MakePicture(const vit::Decoder& decoder,
                                          const Target& target,
                                          const vit::Grid& grid,
                                          const PictureInput& input);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MAE_PICTURE_H_
