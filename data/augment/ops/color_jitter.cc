// Changes brightness, contrast, saturation and hue in random order, as
// torchvision's ColorJitter.
#include <array>

#include "data/augment/ops/color_jitter.pb.h"
#include "data/augment/ops/factor.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

void Draw(const ColorJitterSpec& spec, base::RandomStream& stream,
          std::vector<PixelOp>* ops) {
  static const std::array<PixelOp, 4> kinds = {
      PixelOpPart::Make("brightness"), PixelOpPart::Make("contrast"),
      PixelOpPart::Make("saturation"), PixelOpPart::Make("hue")};
  const bool chosen = stream.Uniform() < spec.probability();
  const std::array<double, 4> strength = {spec.brightness(), spec.contrast(),
                                          spec.saturation(), spec.hue()};
  std::array<PixelOp, 4> jitter = kinds;
  for (int i = 0; i < 3; ++i) {
    jitter[i].amount = DrawFactor(strength[i], stream);
  }
  jitter[3].amount = stream.Uniform(-spec.hue(), spec.hue());
  std::array<int, 4> order = {0, 1, 2, 3};
  for (int64_t i = 3; i > 0; --i) {
    std::swap(order[i], order[stream.UniformInt(i + 1)]);
  }
  for (const int i : order) {
    if (chosen && strength[i] > 0) ops->push_back(jitter[i]);
  }
}

const bool kColorJitter = PixelOpPart::RegisterGroup<ColorJitterSpec>(
    {"color_jitter",
     "Changes brightness, contrast, saturation and hue in random order "
     "(torchvision)."},
    /*order=*/30, Draw);

}  // namespace
}  // namespace caldera::data
