// Transforms of single values, the same wherever a pixel lies: bit for bit
// those of Pillow's ImageOps and of timm's SolarizeAdd.
//
//   Solarize(image, 128);  // in place
//
// Each channel is treated alone, so grey images need no exception.
#ifndef CALDERA_DATA_AUGMENT_TONE_H_
#define CALDERA_DATA_AUGMENT_TONE_H_

#include "data/augment/byte_image.h"

namespace caldera::data {

// v >= threshold becomes 255 - v; 0 inverts all, 256 nothing.
void Solarize(const ByteImage& image, int threshold);
// v < 128 becomes min(255, v + add); add >= 0.
void SolarizeAdd(const ByteImage& image, int add);
void Invert(const ByteImage& image);
// Keeps the `bits` highest bits; 0 gives black, 8 the image. In [0, 8].
void Posterize(const ByteImage& image, int bits);
// Evens out each channel's histogram.
void Equalize(const ByteImage& image);
// Stretches each channel to 0..255.
void AutoContrast(const ByteImage& image);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_TONE_H_
