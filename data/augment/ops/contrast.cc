// Blends the rounded mean of the grey image and the image: Pillow's
// ImageEnhance.Contrast, bit for bit.
#include "data/augment/ops/blend.h"
#include "data/augment/ops/factor.h"
#include "data/augment/ops/value_table.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

// amount: the factor; 0 gives the mean grey.
void Contrast(const ByteImage& image, const PixelOp& op) {
  const int64_t n = image.plane_size();
  int64_t sum = 0;
  if (image.channels == 3) {
    const uint8_t *r = image.plane(0), *g = image.plane(1), *b = image.plane(2);
    for (int64_t i = 0; i < n; ++i) sum += Luma(r[i], g[i], b[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) sum += image.data[i];
  }
  const auto mean = static_cast<uint8_t>(
      static_cast<double>(sum) / static_cast<double>(n) + 0.5);
  const auto factor = static_cast<float>(op.amount);
  MapValues(image, [&](int v) { return Blend(mean, v, factor); });
}

const bool kContrast = PixelOpPart::Register<FactorOptions>(
    {"contrast", "Blends the mean grey and the image (Pillow)."},
    {Contrast, PixelOpKind::kLast, {8, FactorOfLevel}}, DrawFactorOp);

}  // namespace
}  // namespace caldera::data
