// Stretches each channel to 0..255: Pillow's ImageOps.autocontrast, bit for
// bit.
#include <algorithm>

#include "data/augment/ops/value_table.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

void AutoContrast(const ByteImage& image, const PixelOp& /*op*/) {
  for (int64_t c = 0; c < image.channels; ++c) {
    const auto histogram = Histogram(image, c);
    int low = 0, high = 255;
    while (low < 255 && histogram[low] == 0) ++low;
    while (high > 0 && histogram[high] == 0) --high;
    if (high <= low) continue;
    const double scale = 255.0 / (high - low);
    const double offset = -low * scale;
    MapValues(image.plane(c), image.plane_size(), [&](int v) {
      // Truncates, as Python's int().
      return std::clamp(static_cast<int>(v * scale + offset), 0, 255);
    });
  }
}

const bool kAutoContrast = PixelOpPart::Register(
    {"autocontrast", "Stretches each channel to 0..255 (Pillow)."},
    {AutoContrast, PixelOpKind::kLast, {0}});

}  // namespace
}  // namespace caldera::data
