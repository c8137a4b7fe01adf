// Keeps the highest bits of each value: Pillow's ImageOps.posterize, bit for
// bit.
#include "data/augment/ops/value_table.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

struct PosterizeOptions {
  int64_t bits = 4;

  void List(base::OptionList& list) {
    list.Add("bits", &bits, "[0, 8]",
             "the number of highest bits, which stay; 0 gives black");
  }
};

// amount: the number of bits.
void Posterize(const ByteImage& image, const PixelOp& op) {
  const int mask = 0xff00 >> static_cast<int>(op.amount) & 0xff;
  MapValues(image, [&](int v) { return v & mask; });
}

double BitsOfLevel(double level, double /*sign*/) {
  return 4 - static_cast<int>(level * 4);
}

const bool kPosterize = PixelOpPart::Register<PosterizeOptions>(
    {"posterize", "Keeps the highest bits of each value (Pillow)."},
    {Posterize, PixelOpKind::kLast, {4, BitsOfLevel}},
    [](const PosterizeOptions& options, base::RandomStream& /*stream*/) {
      return PixelOp{static_cast<double>(options.bits)};
    });

}  // namespace
}  // namespace caldera::data
