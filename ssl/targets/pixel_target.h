#ifndef CALDERA_SSL_TARGETS_PIXEL_TARGET_H_
#define CALDERA_SSL_TARGETS_PIXEL_TARGET_H_

// What MAE predicts: the pixels of each patch, raw or normalised by the patch.
//
//   at::Tensor target = PixelTarget(images, 16, /*norm_pix_loss=*/true);
//
// Caveat: a constant patch (background) has a normalised target of 0, which
// flatters the loss of data sets with much of it.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::ssl {

// images [B, C, H, W] -> [B, N, p*p*C], order (row, column, channel) within a
// patch. norm_pix_loss: (x - mean) / sqrt(var + 1e-6) with the patch's own
// mean and unbiased variance.
// Source: facebookresearch/mae, models_mae.py, forward_loss.
at::Tensor PixelTarget(const at::Tensor& images, int64_t patch_size,
                       bool norm_pix_loss);

// Undoes the normalisation of a prediction, for pictures: the target patch
// lends its mean and deviation. prediction, target: [B, N, p*p*C], the target
// not normalised.
at::Tensor DenormalizePatches(const at::Tensor& prediction,
                              const at::Tensor& target);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TARGETS_PIXEL_TARGET_H_
