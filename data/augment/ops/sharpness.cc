// Blends a smoothed image and the image: Pillow's ImageEnhance.Sharpness, bit
// for bit. The smoothing is 3 x 3, weight 5 in the middle of ones; the
// outermost pixels stay.
#include <cstring>

#include "data/augment/ops/blend.h"
#include "data/augment/ops/factor.h"
#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

// amount: the factor; 0 gives the smoothed image, a factor above 1 sharpens.
void Sharpness(const ByteImage& image, const PixelOp& op) {
  const int64_t height = image.height, width = image.width;
  if (height < 3 || width < 3) return;  // all of it is the outermost pixels
  const auto by = static_cast<float>(op.amount);
  std::vector<uint8_t> before(image.plane_size());
  for (int64_t c = 0; c < image.channels; ++c) {
    uint8_t* plane = image.plane(c);
    std::memcpy(before.data(), plane, before.size());
    for (int64_t y = 1; y + 1 < height; ++y) {
      const uint8_t* here = before.data() + y * width;
      const uint8_t *above = here - width, *below = here + width;
      for (int64_t x = 1; x + 1 < width; ++x) {
        const int sum = above[x - 1] + above[x] + above[x + 1] + here[x - 1] +
                        5 * here[x] + here[x + 1] + below[x - 1] + below[x] +
                        below[x + 1];
        // sum / 13, rounded; 13 is odd, so there are no halves.
        plane[y * width + x] =
            Blend(static_cast<uint8_t>((2 * sum + 13) / 26), here[x], by);
      }
    }
  }
}

const bool kSharpness = PixelOpPart::Register<FactorOptions>(
    {"sharpness", "Blends the smoothed image and the image (Pillow)."},
    {Sharpness, PixelOpKind::kLast, {10, FactorOfLevel}}, DrawFactorOp);

}  // namespace
}  // namespace caldera::data
