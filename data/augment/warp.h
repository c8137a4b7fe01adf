// Applies affine maps to an image in place: Pillow's Image.transform and
// Image.rotate as timm calls them.
//
//   Rotate(image, 15, Sampling::kBicubic, {124, 116, 104});
//
// The results are Pillow's bit for bit, computed in double. Its bicubic filter
// here is the sharper one (a = -1), unlike that of a resize (a = -0.5).
#ifndef CALDERA_DATA_AUGMENT_WARP_H_
#define CALDERA_DATA_AUGMENT_WARP_H_

#include <array>

#include "data/augment/byte_image.h"

namespace caldera::data {

enum class Sampling { kBilinear, kBicubic };

// The value of uncovered pixels, for each channel; grey images use the first.
using Fill = std::array<uint8_t, 3>;

// The pixel at (x, y) comes from (a x + b y + c, d x + e y + f), where pixel
// centres are at halves.
struct AffineMap {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;
};

// Maps `image`; pixels from outside of it become `fill`.
void Warp(const ByteImage& image, const AffineMap& map, Sampling sampling,
          const Fill& fill);

// Rotates anticlockwise about the centre.
void Rotate(const ByteImage& image, double degrees, Sampling sampling,
            const Fill& fill);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_WARP_H_
