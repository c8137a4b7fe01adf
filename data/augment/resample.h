// Resizes bytes with antialiasing, bit for bit as Pillow 13's Image.resize:
// weights have 22 bits, and values are bytes between the two axes. Rows are
// resized first, unless the height shrinks by more than twice as much as the
// width; earlier versions of Pillow always resize rows first, which changes
// single values by a few levels.
//
//   Resample({from, 3, 20, 30, 600, 30, 1}, Filter::kBicubic, 28, 28, to);
//
// ResamplePart computes a part of the result from the part of the image that it
// needs, with the same bits.
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

// The places [begin, begin + count).
struct Span {
  int64_t begin = 0, count = 0;
};

// An axis of `in` pixels that is resized to `out`, of which `outputs` are
// wanted and `inputs` therefore needed.
struct Axis {
  int64_t in = 0, out = 0;
  Span inputs, outputs;
};

// Returns the axis with the inputs that `outputs`, at least one of `out`, need.
Axis PartOfAxis(int64_t in, int64_t out, Filter filter, const Span& outputs);

// Writes the outputs of both axes to `to`, [from.channels, down.outputs.count,
// across.outputs.count] without gaps: the same values as Resample's. `from` has
// the inputs only: from.height is down.inputs.count, from.width that of across.
void ResamplePart(const Pixels& from, Filter filter, const Axis& down,
                  const Axis& across, uint8_t* to);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_RESAMPLE_H_
