// Rotary position embedding on a grid of patches, DINOv3's form: queries and
// keys are turned by angles that follow from their patch's place, so that their
// product depends on the places' difference.
//
//   vit::Rotation all = vit::GridRotation({14, 14}, /*head_dim=*/64, 100,
//   like); queries = vit::Rotate(queries, all);  // [B, h, N, 64] -> [B, h, N,
//   64]
//
// The middle of a patch in row i of H has the coordinate y = 2 (i + 0.5) / H -
// 1, and x alike; channel k of the first quarter of a head turns by 2 pi y /
// theta^(4k/d), of the second quarter by x, each together with the channel d/2
// behind it. Source: facebookresearch/dinov3, rope_position_encoding.py
// (normalize_coords "separate"), and attention.py.
#ifndef CALDERA_VIT_OPS_ROTARY_H_
#define CALDERA_VIT_OPS_ROTARY_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "vit/grid.h"

namespace caldera::vit {

// The turns of N tokens, the same for all images (B = 1) or one an image.
struct Rotation {
  bool defined() const { return cos.defined(); }

  // Returns the turns of the tokens from `first` on.
  Rotation From(int64_t first) const;

  // Returns the turns of the tokens `ids`, int64 [B, K].
  Rotation Pick(const at::Tensor& ids) const;

  // Returns the turns with `before` tokens in front and `behind` tokens behind
  // that are not turned.
  Rotation Pad(int64_t before, int64_t behind) const;

  at::Tensor cos, sin;  // [B, N, D/h]
};

// Returns the turns of the patches of a grid, [1, N, head_dim] each, on the
// device of `like`, in float32, or double where `like` is. head_dim: a multiple
// of 4.
Rotation GridRotation(const Grid& grid, int64_t head_dim, double theta,
                      const at::Tensor& like);

// Returns x turned: [B, h, N, D/h] -> the same, in x's type. An undefined
// rotation leaves x as it is.
at::Tensor Rotate(const at::Tensor& x, const Rotation& rotation);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_ROTARY_H_
