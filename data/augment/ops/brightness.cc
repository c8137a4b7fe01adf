// Blends black and the image: Pillow's ImageEnhance.Brightness, bit for bit.
#include "data/augment/ops/blend.h"
#include "data/augment/ops/factor.h"
#include "data/augment/ops/value_table.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

// amount: the factor; 0 gives black.
void Brightness(const ByteImage& image, const PixelOp& op) {
  const auto factor = static_cast<float>(op.amount);
  MapValues(image, [&](int v) { return Blend(0, v, factor); });
}

const bool kBrightness = PixelOpPart::Register<FactorOptions>(
    {"brightness", "Blends black and the image (Pillow)."},
    {Brightness, PixelOpKind::kLast, {9, FactorOfLevel}}, DrawFactorOp);

}  // namespace
}  // namespace caldera::data
