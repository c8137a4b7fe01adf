// Places small images side by side, enlarged so that single pixels are visible.
//
//   at::Tensor grid = ImageGrid({{a, b, c}, {d, e}}, /*scale=*/4, /*gap=*/2);
//
// Caveat: the gap is in pixels of the result; there is no gap around the grid.
#ifndef CALDERA_BASE_DRAW_IMAGE_GRID_H_
#define CALDERA_BASE_DRAW_IMAGE_GRID_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace caldera::base {

// Returns uint8 [C, R (H scale + gap) - gap, L (W scale + gap) - gap] on the
// CPU for R rows of at most L images. `rows` hold at least one image, uint8 [C,
// H, W], all of one shape; shorter rows end in white. Each image is enlarged
// `scale` times by nearest neighbour, with white between images. CHECKs these
// conditions.
at::Tensor ImageGrid(const std::vector<std::vector<at::Tensor>>& rows,
                     int64_t scale, int64_t gap);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_IMAGE_GRID_H_
