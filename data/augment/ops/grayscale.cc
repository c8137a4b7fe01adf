// Sets all channels to the luma, as Pillow does. A grey image stays as it is.
#include "data/augment/ops/blend.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

void Grayscale(const ByteImage& image, const PixelOp& /*op*/) {
  if (image.channels != 3) return;
  uint8_t *r = image.plane(0), *g = image.plane(1), *b = image.plane(2);
  for (int64_t i = 0; i < image.plane_size(); ++i) {
    r[i] = g[i] = b[i] = Luma(r[i], g[i], b[i]);
  }
}

const bool kGrayscale = PixelOpPart::Register(
    {"grayscale", "Sets all channels to the luma (Pillow)."},
    {Grayscale, /*order=*/40});

}  // namespace
}  // namespace caldera::data
