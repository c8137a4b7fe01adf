// Transforms of single values, independently of a pixel's position. Each
// channel is transformed separately, so that grey images need no exception.
//
//   MapValues(image.data, image.size(), [](int v) { return 255 - v; });
#ifndef CALDERA_DATA_AUGMENT_OPS_VALUE_TABLE_H_
#define CALDERA_DATA_AUGMENT_OPS_VALUE_TABLE_H_

#include <array>
#include <cstdint>

#include "data/augment/pixel_op/byte_image.h"

namespace caldera::data {

// Replaces each of `count` values v by value(v), a number in 0..255.
template <typename Value>  // int (int)
void MapValues(uint8_t* values, int64_t count, const Value& value) {
  std::array<uint8_t, 256> table;
  for (int v = 0; v < 256; ++v) table[v] = static_cast<uint8_t>(value(v));
  for (int64_t i = 0; i < count; ++i) values[i] = table[values[i]];
}

template <typename Value>
void MapValues(const ByteImage& image, const Value& value) {
  MapValues(image.data, image.size(), value);
}

// Returns how often each value occurs in a channel.
inline std::array<int64_t, 256> Histogram(const ByteImage& image, int64_t c) {
  std::array<int64_t, 256> histogram{};
  const uint8_t* values = image.plane(c);
  for (int64_t i = 0; i < image.plane_size(); ++i) ++histogram[values[i]];
  return histogram;
}

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_OPS_VALUE_TABLE_H_
