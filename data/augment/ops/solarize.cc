// Inverts the values from a threshold on: Pillow's ImageOps.solarize, bit for
// bit.
#include "data/augment/ops/solarize.pb.h"
#include "data/augment/ops/value_table.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

// amount: the lowest value that is inverted; 0 inverts all, 256 none.
void Solarize(const ByteImage& image, const PixelOp& op) {
  const int threshold = static_cast<int>(op.amount);
  MapValues(image, [&](int v) { return v >= threshold ? 255 - v : v; });
}

double ThresholdOfLevel(double level, double /*sign*/) {
  return 256 - static_cast<int>(level * 256);
}

const bool kSolarize = PixelOpPart::Register<SolarizeSpec>(
    {"solarize", "Inverts the values from a threshold on (Pillow)."},
    {Solarize, /*order=*/60, {5, ThresholdOfLevel}},
    [](const SolarizeSpec& spec, base::RandomStream& /*stream*/) {
      return PixelOp{static_cast<double>(spec.threshold())};
    });

}  // namespace
}  // namespace caldera::data
