// Blurring and sharpening of one image, in place.
//
//   BoxBlur(image, 1.5);           // what MAGMA's authors train with
//   GaussianBlur(image, 23, 1.5);  // a true Gaussian of 23 taps
#ifndef CALDERA_DATA_AUGMENT_BLUR_H_
#define CALDERA_DATA_AUGMENT_BLUR_H_

#include "data/augment/byte_image.h"

namespace caldera::data {

// Pillow's ImageFilter.GaussianBlur(radius = sigma), bit for bit: three box
// blurs along the rows, then three along the columns, each rounded to bytes,
// the edge repeated outwards (Gwosdek et al., "Theoretical foundations of
// Gaussian convolution by extended box filtering", 2011). sigma >= 0.
void BoxBlur(const ByteImage& image, double sigma);

// torchvision's gaussian_blur: weights exp(-x^2 / 2 sigma^2) normalised over
// kernel_size (odd, >= 1) taps, the image reflected outwards without repeating
// its edge (to and fro where it is smaller than half the kernel; torchvision
// refuses that). In float32, rounded once, so a value may differ by 1 from
// another order of summation. sigma > 0.
void GaussianBlur(const ByteImage& image, int kernel_size, double sigma);

// Pillow's ImageEnhance.Sharpness, bit for bit: the blend of a 3 x 3 smoothing
// (weight 5 in the middle of ones; the outermost pixels stay) and the image.
// factor 0 is smooth, 1 the image, more is sharper.
void Sharpness(const ByteImage& image, double factor);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_BLUR_H_
