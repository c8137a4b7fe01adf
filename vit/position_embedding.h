#ifndef CALDERA_VIT_POSITION_EMBEDDING_H_
#define CALDERA_VIT_POSITION_EMBEDDING_H_

// The fixed two-dimensional sine-cosine position embedding of MAE.
//
//   at::Tensor pos = vit::SinCosPositionEmbedding(192, 8);  // [1, 65, 192]
//
// The first half of the dims encodes x (the column), the second y: the
// official code passes its meshgrid "w first". Row 0, the CLS token's, is zero.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::vit {

// float32 [1, 1 + grid_size^2, embed_dim]; `embed_dim` is a multiple of 4.
// Computed in double, as the official code does, and rounded once.
// Source: facebookresearch/mae, util/pos_embed.py, get_2d_sincos_pos_embed.
at::Tensor SinCosPositionEmbedding(int64_t embed_dim, int64_t grid_size);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_POSITION_EMBEDDING_H_
