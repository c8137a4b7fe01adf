// A rectangle of pixels: [top, top + height) x [left, left + width).
//
//   Rectangle all{0, 0, image.size(1), image.size(2)};
#ifndef CALDERA_DATA_DECODE_RECTANGLE_H_
#define CALDERA_DATA_DECODE_RECTANGLE_H_

#include <cstdint>

namespace caldera::data {

struct Rectangle {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

}  // namespace caldera::data

#endif  // CALDERA_DATA_DECODE_RECTANGLE_H_
