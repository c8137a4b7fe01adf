// Transforms single values, independently of a pixel's position: bit for bit as
// Pillow's ImageOps and timm's SolarizeAdd.
//
//   Solarize(image, 128);  // in place
//
// Each channel is transformed separately, so that grey images need no
// exception.
#ifndef CALDERA_DATA_AUGMENT_TONE_H_
#define CALDERA_DATA_AUGMENT_TONE_H_

#include "data/augment/byte_image.h"

namespace caldera::data {

// Inverts v >= threshold to 255 - v; 0 inverts all values, 256 none.
void Solarize(const ByteImage& image, int threshold);
// Maps v < 128 to min(255, v + add); add >= 0.
void SolarizeAdd(const ByteImage& image, int add);
void Invert(const ByteImage& image);
// Keeps the `bits` highest bits, in [0, 8]; 0 gives black, 8 the image.
void Posterize(const ByteImage& image, int bits);
// Equalizes each channel's histogram.
void Equalize(const ByteImage& image);
// Stretches each channel to 0..255.
void AutoContrast(const ByteImage& image);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_TONE_H_
