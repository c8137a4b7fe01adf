// Selects rows of a token matrix by their numbers: the visible patches of an
// image, the masked ones, or those that serve as keys and values.
//
//   at::Tensor visible = vit::GatherRows(tokens, ids_keep);  // [B, Nv, D]
#ifndef CALDERA_VIT_OPS_GATHER_ROWS_H_
#define CALDERA_VIT_OPS_GATHER_ROWS_H_

#include <ATen/core/Tensor.h>

namespace caldera::vit {

// Returns rows [B, N, D], or [1, N, D] for every sample alike, at the places
// `ids`, int64 [B, K]: [B, K, D]. Differentiable in `rows`.
at::Tensor GatherRows(const at::Tensor& rows, const at::Tensor& ids);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_GATHER_ROWS_H_
