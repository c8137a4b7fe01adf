// Draws the principal components of patch features, block by block: the leading
// one (MAGMA, figures 5 and S1), or the first three as red, green and blue
// (DINOv2, figure 1, without its step that finds the foreground).
//
//   auto out = encoder.forward(images, {}, {2, 5, 8, 11});
//   at::Tensor figure = ComponentFigure(pixels, patch_tokens, grid, 8);
//   at::Tensor colors = ComponentColorFigure(pixels, patch_tokens, grid, 8);
//
// Each row shows an image, then one map a block. A block has one basis and one
// scale over all images given, so that equal colours in a column mean equal
// values; its sign is fixed by eval/pca.h. Columns have scales of their own.
#ifndef CALDERA_EVAL_FIGURES_COMPONENT_FIGURE_H_
#define CALDERA_EVAL_FIGURES_COMPONENT_FIGURE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "vit/grid.h"

namespace caldera::eval {

// Returns for tokens [B, N, D] each patch's place along the component that
// varies most over all patches of all images, [B, N] in 0..1.
at::Tensor LeadingComponent(const at::Tensor& tokens);

// Returns for tokens [B, N, D], D >= 3, each patch's place along each of the
// three leading components, [B, N, 3] in 0..1. The outermost percent at each
// end is cut off, so that a few patches do not make all others grey.
at::Tensor ComponentColors(const at::Tensor& tokens);

// images [B, C, H, W] floating point in 0..1; tokens: one [B, N, D] a block,
// patches only. Shows the first `count` images; the bases come from all images.
// Returns uint8 [3, H', W'] on the CPU. CHECK: the shapes fit.
at::Tensor ComponentFigure(const at::Tensor& images,
                           const std::vector<at::Tensor>& tokens,
                           const vit::Grid& grid, int64_t count);

// Likewise with the colours of ComponentColors.
at::Tensor ComponentColorFigure(const at::Tensor& images,
                                const std::vector<at::Tensor>& tokens,
                                const vit::Grid& grid, int64_t count);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FIGURES_COMPONENT_FIGURE_H_
