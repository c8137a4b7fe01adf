// Turns CMYK into RGB with Pillow's arithmetic.
//
//   InvertedCmykToRgb(row, /*pixels=*/640, rgb);
//
// Caveat: colour profiles are ignored.
#ifndef CALDERA_DATA_DECODE_CMYK_H_
#define CALDERA_DATA_DECODE_CMYK_H_

#include <cstdint>

namespace caldera::data {

// `cmyk` [pixels, 4], inverted (255 is no ink), to `rgb` [pixels, 3], which may
// be the same memory.
inline void InvertedCmykToRgb(const uint8_t* cmyk, int64_t pixels,
                              uint8_t* rgb) {
  // Returns a * b / 255, rounded.
  const auto multiply_fractions = [](int a, int b) {
    const int product = a * b + 128;
    return (product + (product >> 8)) >> 8;
  };
  for (int64_t i = 0; i < pixels; ++i, cmyk += 4, rgb += 3) {
    const int light = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      rgb[c] = light - multiply_fractions(255 - cmyk[c], light);
    }
  }
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_CMYK_H_
