// Changes brightness, contrast, saturation and hue of an image, with the values
// that Pillow gives through torchvision's functional calls, bit for bit: the
// authors' code trains on these values.
//
//   Brightness(image, 1.2);  // in place
//
// A factor of 1 changes nothing, 0 gives black (brightness), the mean grey
// (contrast) or grey (saturation). A grey image (one channel) has no saturation
// or hue: those calls leave it unchanged, as Pillow does.
#ifndef CALDERA_DATA_AUGMENT_COLOR_H_
#define CALDERA_DATA_AUGMENT_COLOR_H_

#include "data/augment/byte_image.h"

namespace caldera::data {

// Returns Pillow's blend: from + factor (to - from) in float32, truncated (not
// rounded) to an integer and clipped to 0..255.
uint8_t Blend(uint8_t from, uint8_t to, float factor);

// Blends black and the image. factor >= 0, here and below.
void Brightness(const ByteImage& image, double factor);
// Blends the rounded mean of the grey image and the image.
void Contrast(const ByteImage& image, double factor);
// Blends the grey image and the image.
void Saturation(const ByteImage& image, double factor);
// Turns the hue by `turns`, in [-0.5, 0.5]; the hue has 8 bits, 255 a turn.
void Hue(const ByteImage& image, double turns);
// Sets all channels to the ITU-R 601 luma, (19595 R + 38470 G + 7471 B + 2^15)
// >> 16.
void Grayscale(const ByteImage& image);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_COLOR_H_
