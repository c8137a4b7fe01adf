// Position embeddings: MAE's fixed two-dimensional sine-cosine one, and the
// interpolation of any embedding to another grid.
//
//   at::Tensor pos = vit::SinCosPositionEmbedding(192, {8, 8}, 1);
//   // [1, 65, 192]
//   pos = vit::InterpolatePositionEmbedding(pos, 1, {8, 8}, {14, 10});
//   // [1, 141, 192]
//
// The first half of the dims encodes x (the column), the second y, because the
// official code passes its meshgrid "w first". The prefix rows, those of the
// CLS token, come first and are zero.
#ifndef CALDERA_VIT_POSITION_EMBEDDING_H_
#define CALDERA_VIT_POSITION_EMBEDDING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "vit/grid.h"

namespace caldera::vit {

// Returns float32 [1, num_prefix + N, embed_dim]; `embed_dim` is a multiple of
// 4. The values are computed in double, as the official code does, and rounded
// once. Source: facebookresearch/mae, util/pos_embed.py,
// get_2d_sincos_pos_embed. In the scope of a
// ShapesOnly (vit/parameter.h) it has no values.
at::Tensor SinCosPositionEmbedding(int64_t embed_dim, const Grid& grid,
                                   int64_t num_prefix);

// Interpolates `position` from one grid to another: [1, num_prefix +
// from.size(), D] -> [1, num_prefix + to.size(), D], of the same type and
// device, differentiable. The rows of the patches are resized bicubically (a =
// -0.75, align_corners false, no antialiasing); the prefix rows stay unchanged.
// Where both grids are equal, returns `position` itself. Source:
// facebookresearch/mae, util/pos_embed.py, interpolate_pos_embed.
at::Tensor InterpolatePositionEmbedding(const at::Tensor& position,
                                        int64_t num_prefix, const Grid& from,
                                        const Grid& to);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_POSITION_EMBEDDING_H_
