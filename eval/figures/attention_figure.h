// Draws the attention of the last block's CLS token, head by head (MAGMA,
// figure S2).
//
//   vit::EncoderRequest request;
//   request.attention_taps = {encoder.spec().depth() - 1};
//   auto out = encoder.forward(images, request);
//   at::Tensor figure = AttentionFigure(pixels, out.attention[0], {7, 7}, 8);
//
// Each row shows an image, then the attention of each head over its patches.
// Each map has its own scale, from its least to its greatest weight: heads can
// be compared in shape, not in strength.
#ifndef CALDERA_EVAL_FIGURES_ATTENTION_FIGURE_H_
#define CALDERA_EVAL_FIGURES_ATTENTION_FIGURE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "vit/grid.h"

namespace caldera::eval {

// images [B, C, H, W] floating point in 0..1, C = 1 or 3; attention [B, h, 1 +
// N, 1 + N], CLS first, N = grid.size(). Shows the first `count` images or all.
// Returns uint8 [3, H', W'] on the CPU. CHECK: the shapes fit.
at::Tensor AttentionFigure(const at::Tensor& images,
                           const at::Tensor& attention, const vit::Grid& grid,
                           int64_t count);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FIGURES_ATTENTION_FIGURE_H_
