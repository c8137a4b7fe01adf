// Adds to the dark values: timm's SolarizeAdd, bit for bit.
#include <algorithm>

#include "data/augment/ops/value_table.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

struct SolarizeAddOptions {
  int64_t add = 100;

  void List(base::OptionList& list) {
    list.Add("add", &add, "[0, 255]", "what values below 128 are raised by");
  }
};

// amount: what is added.
void SolarizeAdd(const ByteImage& image, const PixelOp& op) {
  const int add = static_cast<int>(op.amount);
  MapValues(image, [&](int v) { return v < 128 ? std::min(255, v + add) : v; });
}

double AddOfLevel(double level, double /*sign*/) {
  return static_cast<int>(level * 110);
}

const bool kSolarizeAdd = PixelOpPart::Register<SolarizeAddOptions>(
    {"solarize_add", "Adds to the values below 128 (timm)."},
    {SolarizeAdd, PixelOpKind::kLast, {6, AddOfLevel}},
    [](const SolarizeAddOptions& options, base::RandomStream& /*stream*/) {
      return PixelOp{static_cast<double>(options.add)};
    });

}  // namespace
}  // namespace caldera::data
