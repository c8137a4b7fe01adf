// Blends the grey image and the image: Pillow's ImageEnhance.Color, bit for
// bit. A grey image stays as it is.
#include "data/augment/ops/blend.h"
#include "data/augment/ops/factor.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

// amount: the factor; 0 gives grey.
void Saturation(const ByteImage& image, const PixelOp& op) {
  if (image.channels != 3) return;
  uint8_t *r = image.plane(0), *g = image.plane(1), *b = image.plane(2);
  const auto by = static_cast<float>(op.amount);
  for (int64_t i = 0; i < image.plane_size(); ++i) {
    const uint8_t grey = Luma(r[i], g[i], b[i]);
    r[i] = Blend(grey, r[i], by);
    g[i] = Blend(grey, g[i], by);
    b[i] = Blend(grey, b[i], by);
  }
}

const bool kSaturation = PixelOpPart::Register<FactorOptions>(
    {"saturation", "Blends the grey image and the image (Pillow)."},
    {Saturation, PixelOpKind::kLast, {7, FactorOfLevel}}, DrawFactorOp);

}  // namespace
}  // namespace caldera::data
