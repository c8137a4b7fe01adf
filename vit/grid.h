// How many patches an image has, down and across.
//
//   vit::Grid grid{14, 14};
//   grid.size();  // 196
//
// Patches are numbered row by row: patch n lies in row n / width.
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

// Returns the patches of an image of the encoder's size, whose patch_size is
// above 0. The names of a model need not be resolved.
inline Grid GridOf(const EncoderSpec& spec) {
  const int64_t side = spec.image_size() / spec.patch_size();
  return {side, side};
}

// Returns the square grid of so many patches; an empty one where they make no
// square.
inline Grid SquareGrid(int64_t num_patches) {
  if (num_patches <= 0) return {};
  const int64_t side =
      std::llround(std::sqrt(static_cast<double>(num_patches)));
  return side * side == num_patches ? Grid{side, side} : Grid{};
}

}  // namespace caldera::vit

#endif  // CALDERA_VIT_GRID_H_
