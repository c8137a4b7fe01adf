// Numbers as colours.
//
//   at::Tensor picture = Viridis(map);  // [B, H, W] in 0..1 -> [B, 3, H, W]
#ifndef CALDERA_BASE_DRAW_COLOR_MAP_H_
#define CALDERA_BASE_DRAW_COLOR_MAP_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace caldera::base {

// values [..., H, W] floating point, clamped to 0..1 (NaN shows as 0) ->
// uint8 [..., 3, H, W], dark blue over green to yellow: matplotlib's viridis,
// whose lightness rises evenly and which the colour-blind can read.
at::Tensor Viridis(const at::Tensor& values);

using Rgb = std::array<uint8_t, 3>;

// The colour of class `label` of up to twenty that can be told apart; they come
// again beyond. Grey where the label is below 0.
Rgb ClassColor(int64_t label);

}  // namespace caldera::base

#endif  // CALDERA_BASE_DRAW_COLOR_MAP_H_
