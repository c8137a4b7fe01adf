// Draws rows of a picture: an image with maps over its patches beside it.
//
//   at::Tensor figure = MapGrid(images, maps, {7, 7});  // maps [B, M, N]
#ifndef CALDERA_EVAL_FIGURES_MAP_GRID_H_
#define CALDERA_EVAL_FIGURES_MAP_GRID_H_

#include <ATen/core/Tensor.h>

#include "vit/grid.h"

namespace caldera::eval {

// images [B, C, H, W] floating point in 0..1, C = 1 or 3; maps [B, M, N], in
// 0..1, of the patches of `grid` by row. Each row shows an image, then its M
// maps in viridis at its size. Small images are enlarged. Returns uint8 [3, H',
// W'] on the CPU.
at::Tensor MapGrid(const at::Tensor& images, const at::Tensor& maps,
                   const vit::Grid& grid);

// Likewise with maps that have colours: [B, M, N, 3], red, green and blue in
// 0..1.
at::Tensor ColorGrid(const at::Tensor& images, const at::Tensor& colors,
                     const vit::Grid& grid);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FIGURES_MAP_GRID_H_
