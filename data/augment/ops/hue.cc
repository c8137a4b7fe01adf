// Turns the hue, which has 8 bits, 255 a turn: torchvision's adjust_hue through
// Pillow, bit for bit. A grey image stays as it is.

#include <algorithm>
#include <array>

#include "data/augment/pixel_op/pixel_op_part.h"

namespace caldera::data {
namespace {

struct HueOptions {
  double shift = 0.1;

  void List(base::OptionList& list) {
    list.Add("shift", &shift, "[0, 0.5]",
             "the largest turn of the colour wheel, 1 a whole one");
  }
};

// The sextant of the colour wheel for each 8-bit hue, and the position in it.
struct Sextant {
  std::array<uint8_t, 256> number;
  std::array<float, 256> fraction;

  Sextant() {
    for (int h = 0; h < 256; ++h) {
      const double position = h * 6.0 / 255.0;
      const int whole = static_cast<int>(position);
      number[h] = whole % 6;
      fraction[h] = static_cast<float>(position - whole);
    }
  }
};

struct Rgb {
  uint8_t r, g, b;
};

// Turns a pixel's hue through 8-bit HSV; float and double are mixed as in
// Pillow's Convert.c.
Rgb TurnHue(int r, int g, int b, int shift, const Sextant& sextants) {
  const int high = std::max({r, g, b}), low = std::min({r, g, b});
  if (high == low) return {uint8_t(r), uint8_t(g), uint8_t(b)};
  const float range = static_cast<float>(high - low);
  const float saturation = range / static_cast<float>(high);
  const float rc = static_cast<float>(high - r) / range;
  const float gc = static_cast<float>(high - g) / range;
  const float bc = static_cast<float>(high - b) / range;
  float hue;
  if (r == high) {
    hue = bc - gc;
  } else if (g == high) {
    hue = static_cast<float>(2.0 + rc - bc);
  } else {
    hue = static_cast<float>(4.0 + gc - rc);
  }
  const double turns = hue / 6.0 + 1.0;  // in [5/6, 2)
  hue = static_cast<float>(turns >= 1 ? turns - 1 : turns);
  const int h = (static_cast<int>(hue * 255.0) + shift) & 255;
  const int s = static_cast<int>(saturation * 255.0);
  const uint8_t v = high;
  if (s == 0) return {v, v, v};

  const float fraction = sextants.fraction[h];
  const float share = static_cast<float>(s / 255.0);
  const auto scaled = [v](double by) {
    return static_cast<uint8_t>(v * by + 0.5);
  };
  const uint8_t p = scaled(1.0 - share);
  const auto q = [&] { return scaled(1.0 - share * fraction); };
  const auto t = [&] { return scaled(1.0 - share * (1.0 - fraction)); };
  switch (sextants.number[h]) {
    case 0:
      return {v, t(), p};
    case 1:
      return {q(), v, p};
    case 2:
      return {p, v, t()};
    case 3:
      return {p, q(), v};
    case 4:
      return {t(), p, v};
    default:
      return {v, p, q()};
  }
}

// amount: turns, in [-0.5, 0.5].
void Hue(const ByteImage& image, const PixelOp& op) {
  if (image.channels != 3) return;
  static const Sextant sextants;
  const int shift =
      static_cast<int>(op.amount * 255);  // towards 0, as torchvision
  uint8_t *r = image.plane(0), *g = image.plane(1), *b = image.plane(2);
  for (int64_t i = 0; i < image.plane_size(); ++i) {
    const Rgb turned = TurnHue(r[i], g[i], b[i], shift, sextants);
    r[i] = turned.r;
    g[i] = turned.g;
    b[i] = turned.b;
  }
}

const bool kHue = PixelOpPart::Register<HueOptions>(
    {"hue", "Turns the hue of all pixels (Pillow)."}, {Hue},
    [](const HueOptions& options, base::RandomStream& stream) {
      return PixelOp{stream.Uniform(-options.shift, options.shift)};
    });

}  // namespace
}  // namespace caldera::data
