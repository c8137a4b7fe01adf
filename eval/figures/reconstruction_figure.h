// Draws the visible patches of a masked autoencoder and its reconstruction in
// one picture.
//
//   at::Tensor figure = ReconstructionFigure(images, prediction, mask,
//                                            /*patch_size=*/4, /*count=*/8);
//   absl::Status status = WritePng("images/reconstruction.png", figure);
//
// Four rows, one column an image: the input; the input with removed patches
// grey; the prediction with the visible patches pasted over it; the prediction.
//
// Caveat: pixels in 0..1. A model trained on normalised pixels or normalised
// patches predicts other units, which the caller undoes first.
#ifndef CALDERA_EVAL_FIGURES_RECONSTRUCTION_FIGURE_H_
#define CALDERA_EVAL_FIGURES_RECONSTRUCTION_FIGURE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::eval {

// `images` and `prediction` [B, C, H, W] floating point in 0..1 (clamped; NaN
// shows as black), `mask` [B, N], 1 = removed, N = (H / patch_size) (W /
// patch_size) patches by row. Shows the first `count` images, or all B. Returns
// uint8 [C, H', W'] on the CPU, with each pixel `scale` pixels wide and `gap`
// pixels between images; `scale` 0 makes images at least 96 pixels high. CHECK:
// the shapes fit.
at::Tensor ReconstructionFigure(const at::Tensor& images,
                                const at::Tensor& prediction,
                                const at::Tensor& mask, int64_t patch_size,
                                int64_t count, int64_t scale = 0,
                                int64_t gap = 4);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FIGURES_RECONSTRUCTION_FIGURE_H_
