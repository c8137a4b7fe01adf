#ifndef CALDERA_VIT_GRID_H_
#define CALDERA_VIT_GRID_H_

// How many patches an image has, down and across.
//
//   vit::Grid grid{14, 14};
//   grid.size();  // 196
//
// Patches are numbered row by row: patch n lies in row n / width.

#include <cstdint>

namespace caldera::vit {

struct Grid {
  int64_t height = 0, width = 0;

  int64_t size() const { return height * width; }
};

inline bool operator==(const Grid& a, const Grid& b) {
  return a.height == b.height && a.width == b.width;
}
inline bool operator!=(const Grid& a, const Grid& b) { return !(a == b); }

}  // namespace caldera::vit

#endif  // CALDERA_VIT_GRID_H_
