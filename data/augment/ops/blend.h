// Pillow's mixture of two values and its grey, which the changes of brightness,
// contrast and colour share.
#ifndef CALDERA_DATA_AUGMENT_OPS_BLEND_H_
#define CALDERA_DATA_AUGMENT_OPS_BLEND_H_

#include <algorithm>
#include <cstdint>

namespace caldera::data {

// Returns Pillow's blend: from + factor (to - from) in float32, truncated (not
// rounded) to an integer and clipped to 0..255.
inline uint8_t Blend(uint8_t from, uint8_t to, float factor) {
  const float value =
      static_cast<float>(from) + factor * static_cast<float>(to - from);
  return static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f));
}

// Returns the ITU-R 601 luma, (19595 R + 38470 G + 7471 B + 2^15) >> 16.
inline uint8_t Luma(int r, int g, int b) {
  return static_cast<uint8_t>((19595 * r + 38470 * g + 7471 * b + 0x8000) >>
                              16);
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_OPS_BLEND_H_
