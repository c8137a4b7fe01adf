// Brightness, contrast, saturation, hue and grey of one image, with the values
// that Pillow gives through torchvision's functional calls, bit for bit: that
// is what the authors' code trains on.
//
//   Brightness(image, 1.2);  // in place
//
// A factor of 1 changes nothing, 0 gives black (brightness), the mean grey
// (contrast) or grey (saturation). A grey image (one channel) has no saturation
// or hue: those calls leave it alone, as Pillow does.
#ifndef CALDERA_DATA_AUGMENT_COLOR_H_
#define CALDERA_DATA_AUGMENT_COLOR_H_

#include "data/augment/byte_image.h"

namespace caldera::data {

// Pillow's blend: from + factor (to - from) in float32, cut off (not rounded)
// to an integer and clipped to 0..255.
uint8_t Blend(uint8_t from, uint8_t to, float factor);

// Blend of black and the image. factor >= 0, here and below.
void Brightness(const ByteImage& image, double factor);
// Blend of the rounded mean of the grey image and the image.
void Contrast(const ByteImage& image, double factor);
// Blend of the grey image and the image.
void Saturation(const ByteImage& image, double factor);
// Turns the hue by `turns`, in [-0.5, 0.5]; the hue has 8 bits, 255 a turn.
void Hue(const ByteImage& image, double turns);
// ITU-R 601 luma, (19595 R + 38470 G + 7471 B + 2^15) >> 16, in all channels.
void Grayscale(const ByteImage& image);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_COLOR_H_
