// Blurs and sharpens an image in place.
//
//   BoxBlur(image, 1.5);           // MAGMA's authors train with it
//   GaussianBlur(image, 23, 1.5);  // a true Gaussian of 23 taps
#ifndef CALDERA_DATA_AUGMENT_BLUR_H_
#define CALDERA_DATA_AUGMENT_BLUR_H_

#include "data/augment/byte_image.h"

namespace caldera::data {

// Applies Pillow's ImageFilter.GaussianBlur(radius = sigma), bit for bit: three
// box blurs along the rows, then three along the columns, each rounded to
// bytes, the edge repeated outwards (Gwosdek et al., "Theoretical foundations
// of Gaussian convolution by extended box filtering", 2011). sigma >= 0.
void BoxBlur(const ByteImage& image, double sigma);

// Applies torchvision's gaussian_blur: weights exp(-x^2 / 2 sigma^2) normalised
// over kernel_size (odd, >= 1) taps, with the image reflected outwards without
// repeating its edge (several times if it is smaller than half the kernel,
// which torchvision refuses). The sum is float32 and rounded once, so that a
// value may differ by 1 from another order of summation. sigma > 0.
void GaussianBlur(const ByteImage& image, int kernel_size, double sigma);

// Applies Pillow's ImageEnhance.Sharpness, bit for bit: blends a 3 x 3
// smoothing (weight 5 in the middle of ones; the outermost pixels stay) with
// the image. factor 0 gives the smoothed image, 1 the image, a larger one
// sharpens it.
void Sharpness(const ByteImage& image, double factor);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_BLUR_H_
