// Maps numbers to colours.
//
//   at::Tensor picture = Viridis(map);  // [B, H, W] in 0..1 -> [B, 3, H, W]
#ifndef CALDERA_BASE_DRAW_COLOR_MAP_H_
#define CALDERA_BASE_DRAW_COLOR_MAP_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace caldera::base {

// Returns the colours of `values` [..., H, W] (floating point, clamped to 0..1,
// NaN shown as 0) as uint8 [..., 3, H, W], from dark blue over green to yellow.
// This is matplotlib's viridis, whose lightness rises evenly and which
// colour-blind readers can distinguish.
at::Tensor Viridis(const at::Tensor& values);

using Rgb = std::array<uint8_t, 3>;

// Returns the colour of class `label`. The first twenty classes have distinct
// colours, which then repeat; a label below 0 is grey.
Rgb ClassColor(int64_t label);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_COLOR_MAP_H_
