// Equalizes each channel's histogram: Pillow's ImageOps.equalize, bit for bit.
#include <algorithm>

#include "data/augment/ops/value_table.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

void Equalize(const ByteImage& image, const PixelOp& /*op*/) {
  for (int64_t c = 0; c < image.channels; ++c) {
    const auto histogram = Histogram(image, c);
    int last = 255;
    while (last > 0 && histogram[last] == 0) --last;
    const int64_t step = (image.plane_size() - histogram[last]) / 255;
    if (step == 0) continue;  // a single value, or too few pixels: unchanged
    int64_t below = step / 2;
    MapValues(image.plane(c), image.plane_size(), [&](int v) {
      const int64_t value = std::min<int64_t>(255, below / step);
      below += histogram[v];
      return value;
    });
  }
}

const bool kEqualize = PixelOpPart::Register(
    {"equalize", "Equalizes each channel's histogram (Pillow)."},
    {Equalize, /*order=*/70, {1}});

}  // namespace
}  // namespace caldera::data
