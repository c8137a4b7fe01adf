#include "data/augment/color.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace caldera::data {
namespace {

uint8_t Luma(int r, int g, int b) {
  return static_cast<uint8_t>((19595 * r + 38470 * g + 7471 * b + 0x8000) >>
                              16);
}

template <typename Value>  // uint8_t (uint8_t)
void MapValues(const ByteImage& image, const Value& value) {
  std::array<uint8_t, 256> table;
  for (int v = 0; v < 256; ++v) table[v] = value(static_cast<uint8_t>(v));
  for (int64_t i = 0; i < image.size(); ++i) {
    image.data[i] = table[image.data[i]];
  }
}

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

}  // namespace

uint8_t Blend(uint8_t from, uint8_t to, float factor) {
  const float value =
      static_cast<float>(from) + factor * static_cast<float>(to - from);
  return static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f));
}

void Brightness(const ByteImage& image, double factor) {
  MapValues(image,
            [&](uint8_t v) { return Blend(0, v, static_cast<float>(factor)); });
}

void Contrast(const ByteImage& image, double factor) {
  const int64_t n = image.plane_size();
  int64_t sum = 0;
  if (image.channels == 3) {
    const uint8_t *r = image.plane(0), *g = image.plane(1), *b = image.plane(2);
    for (int64_t i = 0; i < n; ++i) sum += Luma(r[i], g[i], b[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) sum += image.data[i];
  }
  const auto mean = static_cast<uint8_t>(
      static_cast<double>(sum) / static_cast<double>(n) + 0.5);
  MapValues(image, [&](uint8_t v) {
    return Blend(mean, v, static_cast<float>(factor));
  });
}

void Saturation(const ByteImage& image, double factor) {
  if (image.channels != 3) return;
  uint8_t *r = image.plane(0), *g = image.plane(1), *b = image.plane(2);
  const auto by = static_cast<float>(factor);
  for (int64_t i = 0; i < image.plane_size(); ++i) {
    const uint8_t grey = Luma(r[i], g[i], b[i]);
    r[i] = Blend(grey, r[i], by);
    g[i] = Blend(grey, g[i], by);
    b[i] = Blend(grey, b[i], by);
  }
}

void Hue(const ByteImage& image, double turns) {
  if (image.channels != 3) return;
  static const Sextant sextants;
  const int shift = static_cast<int>(turns * 255);  // towards 0, as torchvision
  uint8_t *r = image.plane(0), *g = image.plane(1), *b = image.plane(2);
  for (int64_t i = 0; i < image.plane_size(); ++i) {
    const Rgb turned = TurnHue(r[i], g[i], b[i], shift, sextants);
    r[i] = turned.r;
    g[i] = turned.g;
    b[i] = turned.b;
  }
}

void Grayscale(const ByteImage& image) {
  if (image.channels != 3) return;
  uint8_t *r = image.plane(0), *g = image.plane(1), *b = image.plane(2);
  for (int64_t i = 0; i < image.plane_size(); ++i) {
    r[i] = g[i] = b[i] = Luma(r[i], g[i], b[i]);
  }
}

}  // namespace caldera::data
