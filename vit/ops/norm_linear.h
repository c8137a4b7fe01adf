// A layer norm and the affine map behind it, as one step of the graph.
//
//   at::Tensor qkv = vit::NormLinear(x, norm, qkv_linear);  // [B, N, 3D]
//
// For the backward pass it keeps x, which the residual stream keeps anyway, and
// computes the normalised tokens again; autograd would keep those too, and in
// bfloat16 a copy of the weight. On a GPU, where that is not what memory goes
// into, it is norm and map one after the other. Gradients cannot be derived
// once more.
#ifndef CALDERA_VIT_OPS_NORM_LINEAR_H_
#define CALDERA_VIT_OPS_NORM_LINEAR_H_

#include <ATen/core/Tensor.h>

#include "vit/layer_norm.h"
#include "vit/ops/linear.h"

namespace caldera::vit {

// linear(norm(x)): x [..., D] -> [..., out], in the map's type.
at::Tensor NormLinear(const at::Tensor& x, const LayerNorm& norm,
                      const Linear& linear);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_NORM_LINEAR_H_
