// The number of patches of an image, down and across.
//
//   vit::Grid grid{14, 14};
//   grid.size();  // 196
//
// Patches are numbered row by row: patch n is in row n / width.
#ifndef CALDERA_VIT_GRID_H_
#define CALDERA_VIT_GRID_H_

#include <cmath>
#include <cstdint>

#include "vit/vit.pb.h"

namespace caldera::vit {

struct Grid {
  int64_t height = 0, width = 0;

  int64_t size() const { return height * width; }
};

inline bool operator==(const Grid& a, const Grid& b) {
  return a.height == b.height && a.width == b.width;
}
inline bool operator!=(const Grid& a, const Grid& b) { return !(a == b); }

// Returns the grid of patches of an image of the spec's size. patch_size must
// be above 0; a `model` in the spec need not be resolved.
inline Grid GridOf(const EncoderSpec& spec) {
  const int64_t side = spec.image_size() / spec.patch_size();
  return {side, side};
}

// Returns the square grid of `num_patches` patches; an empty grid where they do
// not fill a square.
inline Grid SquareGrid(int64_t num_patches) {
  if (num_patches <= 0) return {};
  const int64_t side =
      std::llround(std::sqrt(static_cast<double>(num_patches)));
  return side * side == num_patches ? Grid{side, side} : Grid{};
}

}  // namespace caldera::vit

#endif  // CALDERA_VIT_GRID_H_
