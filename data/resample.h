// Antialiased resizing of one channel, bit for bit as Pillow 13's Image.resize:
// weights of 22 bits, bytes between the two axes. Rows are resized first,
// unless the height shrinks by more than twice what the width does; earlier
// versions of Pillow always take rows first, which changes single values by a
// few levels.
//
//   Resample(from, 20, 30, 30, 1, Filter::kBicubic, 28, 28, to);
//
// Made for images of a few dozen pixels, where calling ATen's operator costs
// more than the arithmetic; data/resize.h chooses between the two.
#ifndef CALDERA_DATA_RESAMPLE_H_
#define CALDERA_DATA_RESAMPLE_H_

#include <cstdint>

namespace caldera::data {

enum class Filter { kBilinear, kBicubic };  // bicubic with a = -0.5

// Whether the height is resized before the width.
bool ColumnsFirst(int64_t height, int64_t width, int64_t out_height,
                  int64_t out_width);

// `from` is height x width with these strides (in bytes), `to` is out_height x
// out_width without gaps. All sizes >= 1.
void Resample(const uint8_t* from, int64_t height, int64_t width,
              int64_t row_stride, int64_t column_stride, Filter filter,
              int64_t out_height, int64_t out_width, uint8_t* to);

}  // namespace caldera::data

#endif  // CALDERA_DATA_RESAMPLE_H_
