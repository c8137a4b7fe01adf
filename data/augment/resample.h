// Resizes bytes with antialiasing, bit for bit as Pillow 13's Image.resize:
// weights have 22 bits, and values are bytes between the two axes. Rows are
// resized first, unless the height shrinks by more than twice as much as the
// width; earlier versions of Pillow always resize rows first, which changes
// single values by a few levels.
//
//   Resample({from, 3, 20, 30, 600, 30, 1}, Filter::kBicubic, 28, 28, to);
//
// This is meant for images of a few dozen pixels, for which calling ATen's
// operator costs more than the arithmetic; data/augment/resize.h chooses.
#ifndef CALDERA_DATA_AUGMENT_RESAMPLE_H_
#define CALDERA_DATA_AUGMENT_RESAMPLE_H_

#include <cstdint>

namespace caldera::data {

enum class Filter { kBilinear, kBicubic };  // bicubic with a = -0.5

// True if the height is resized before the width.
bool ColumnsFirst(int64_t height, int64_t width, int64_t out_height,
                  int64_t out_width);

// Channels of height x width bytes, strides in bytes.
struct Pixels {
  const uint8_t* data;
  int64_t channels, height, width;
  int64_t channel_stride, row_stride, column_stride;
};

// Writes the result to `to`, [from.channels, out_height, out_width] without
// gaps. All sizes are at least 1.
void Resample(const Pixels& from, Filter filter, int64_t out_height,
              int64_t out_width, uint8_t* to);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_RESAMPLE_H_
