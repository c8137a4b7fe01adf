// Applies a transform of pixels with its drawn amount; a plan's list of them
// follows cropping and flipping.
//
//   ApplyPixelOp({PixelOp::kHue, 0.1}, image);
//
// On grey images (one channel) kSaturation, kHue and kGrayscale do nothing, as
// in Pillow; the others work as on each channel of a colour image.
#ifndef CALDERA_DATA_AUGMENT_PIXEL_OP_H_
#define CALDERA_DATA_AUGMENT_PIXEL_OP_H_

#include "data/augment/byte_image.h"
#include "data/augment/warp.h"

namespace caldera::data {

struct PixelOp {
  enum Kind {     // `amount` is
    kBrightness,  // a factor, 1 for no change; likewise the next three
    kContrast,
    kSaturation,
    kSharpness,
    kHue,           // in turns
    kGrayscale,     // unused
    kBoxBlur,       // sigma in pixels
    kGaussianBlur,  // sigma in pixels
    kSolarize,      // the lowest value that is inverted
    kSolarizeAdd,   // the value that is added
    kPosterize,     // the number of bits that stay
    kEqualize,      // unused; likewise the next two
    kAutoContrast,
    kInvert,
    kRotate,  // in degrees, anticlockwise
    kShearX,  // columns per row; next: rows per column
    kShearY,
    kTranslateX,  // share of the width, to the left; next: of the height
    kTranslateY,
  };

  Kind kind = kBrightness;
  double amount = 0;
  int kernel_size = 0;                     // kGaussianBlur
  Sampling sampling = Sampling::kBicubic;  // from kRotate on
  Fill fill{128, 128, 128};                // from kRotate on
};

// Transforms `image` in place.
void ApplyPixelOp(const PixelOp& op, const ByteImage& image);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_PIXEL_OP_H_
