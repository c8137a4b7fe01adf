#include "data/augment/tone.h"

#include <algorithm>
#include <array>

namespace caldera::data {
namespace {

using Table = std::array<uint8_t, 256>;
using Histogram = std::array<int64_t, 256>;

void Map(uint8_t* values, int64_t count, const Table& table) {
  for (int64_t i = 0; i < count; ++i) values[i] = table[values[i]];
}

template <typename Value>  // int (int)
void MapAll(const ByteImage& image, const Value& value) {
  Table table;
  for (int v = 0; v < 256; ++v) table[v] = static_cast<uint8_t>(value(v));
  Map(image.data, image.size(), table);
}

Histogram Count(const uint8_t* values, int64_t count) {
  Histogram histogram{};
  for (int64_t i = 0; i < count; ++i) ++histogram[values[i]];
  return histogram;
}

}  // namespace

void Solarize(const ByteImage& image, int threshold) {
  MapAll(image, [&](int v) { return v >= threshold ? 255 - v : v; });
}

void SolarizeAdd(const ByteImage& image, int add) {
  MapAll(image, [&](int v) { return v < 128 ? std::min(255, v + add) : v; });
}

void Invert(const ByteImage& image) { Solarize(image, 0); }

void Posterize(const ByteImage& image, int bits) {
  const int mask = 0xff00 >> bits & 0xff;
  MapAll(image, [&](int v) { return v & mask; });
}

void Equalize(const ByteImage& image) {
  for (int64_t c = 0; c < image.channels; ++c) {
    const Histogram histogram = Count(image.plane(c), image.plane_size());
    int last = 255;
    while (last > 0 && histogram[last] == 0) --last;
    const int64_t step = (image.plane_size() - histogram[last]) / 255;
    if (step == 0) continue;  // a single value, or too few pixels: unchanged
    Table table;
    int64_t below = step / 2;
    for (int v = 0; v < 256; ++v) {
      table[v] = static_cast<uint8_t>(std::min<int64_t>(255, below / step));
      below += histogram[v];
    }
    Map(image.plane(c), image.plane_size(), table);
  }
}

void AutoContrast(const ByteImage& image) {
  for (int64_t c = 0; c < image.channels; ++c) {
    const Histogram histogram = Count(image.plane(c), image.plane_size());
    int low = 0, high = 255;
    while (low < 255 && histogram[low] == 0) ++low;
    while (high > 0 && histogram[high] == 0) --high;
    if (high <= low) continue;
    const double scale = 255.0 / (high - low);
    const double offset = -low * scale;
    Table table;
    for (int v = 0; v < 256; ++v) {
      // Truncates, as Python's int().
      table[v] = static_cast<uint8_t>(
          std::clamp(static_cast<int>(v * scale + offset), 0, 255));
    }
    Map(image.plane(c), image.plane_size(), table);
  }
}

}  // namespace caldera::data
