// Inverts all values.
#include "data/augment/ops/value_table.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

void Invert(const ByteImage& image, const PixelOp& /*op*/) {
  MapValues(image, [](int v) { return 255 - v; });
}

const bool kInvert = PixelOpPart::Register({"invert", "Inverts all values."},
                                           {Invert, PixelOpKind::kLast, {2}});

}  // namespace
}  // namespace caldera::data
