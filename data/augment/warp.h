// Affine maps of one image, in place: Pillow's Image.transform and Image.rotate
// as timm calls them.
//
//   Rotate(image, 15, Sampling::kBicubic, {124, 116, 104});
//
// Bit for bit Pillow's, in double. Its bicubic here is the sharper one (a =
// -1), unlike that of a resize (a = -0.5).
#ifndef CALDERA_DATA_AUGMENT_WARP_H_
#define CALDERA_DATA_AUGMENT_WARP_H_

#include <array>

#include "data/augment/byte_image.h"

namespace caldera::data {

enum class Sampling { kBilinear, kBicubic };

// What is uncovered becomes this, a value for each channel (the first, of
// grey).
using Fill = std::array<uint8_t, 3>;

// The pixel at (x, y) comes from (a x + b y + c, d x + e y + f), where pixel
// centres lie at halves.
struct AffineMap {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;
};

void Warp(const ByteImage& image, const AffineMap& map, Sampling sampling,
          const Fill& fill);

// Anticlockwise about the centre.
void Rotate(const ByteImage& image, double degrees, Sampling sampling,
            const Fill& fill);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_WARP_H_
