#include "data/augment/pixel_op.h"

#include "data/augment/blur.h"
#include "data/augment/color.h"
#include "data/augment/tone.h"

namespace caldera::data {

void ApplyPixelOp(const PixelOp& op, const ByteImage& image) {
  const auto whole = static_cast<int>(op.amount);
  AffineMap map;
  switch (op.kind) {
    case PixelOp::kBrightness:
      return Brightness(image, op.amount);
    case PixelOp::kContrast:
      return Contrast(image, op.amount);
    case PixelOp::kSaturation:
      return Saturation(image, op.amount);
    case PixelOp::kSharpness:
      return Sharpness(image, op.amount);
    case PixelOp::kHue:
      return Hue(image, op.amount);
    case PixelOp::kGrayscale:
      return Grayscale(image);
    case PixelOp::kBoxBlur:
      return BoxBlur(image, op.amount);
    case PixelOp::kGaussianBlur:
      return GaussianBlur(image, op.kernel_size, op.amount);
    case PixelOp::kSolarize:
      return Solarize(image, whole);
    case PixelOp::kSolarizeAdd:
      return SolarizeAdd(image, whole);
    case PixelOp::kPosterize:
      return Posterize(image, whole);
    case PixelOp::kEqualize:
      return Equalize(image);
    case PixelOp::kAutoContrast:
      return AutoContrast(image);
    case PixelOp::kInvert:
      return Invert(image);
    case PixelOp::kRotate:
      return Rotate(image, op.amount, op.sampling, op.fill);
    case PixelOp::kShearX:
      map.b = op.amount;
      break;
    case PixelOp::kShearY:
      map.d = op.amount;
      break;
    case PixelOp::kTranslateX:
      map.c = op.amount * static_cast<double>(image.width);
      break;
    case PixelOp::kTranslateY:
      map.f = op.amount * static_cast<double>(image.height);
      break;
  }
  Warp(image, map, op.sampling, op.fill);
}

}  // namespace caldera::data
