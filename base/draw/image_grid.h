// Small images side by side, enlarged so that single pixels can be seen.
//
//   at::Tensor grid = ImageGrid({{a, b, c}, {d, e}}, /*scale=*/4, /*gap=*/2);
//
// Caveat: the gap is in pixels of the result; there is none around the grid.
#ifndef CALDERA_BASE_DRAW_IMAGE_GRID_H_
#define CALDERA_BASE_DRAW_IMAGE_GRID_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace caldera::base {

// `rows` of uint8 [C, H, W], all of one shape, at least one image; shorter rows
// end in white. Each is enlarged `scale` times by nearest neighbour, with white
// between. Returns uint8 [C, R (H scale + gap) - gap, L (W scale + gap) - gap]
// for R rows of at most L images, on the CPU. Anything else is a CHECK.
at::Tensor ImageGrid(const std::vector<std::vector<at::Tensor>>& rows,
                     int64_t scale, int64_t gap);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_IMAGE_GRID_H_
