// A layer norm and the linear layer that follows it, as one node of the
// autograd graph.
//
//   at::Tensor qkv = vit::NormLinear(x, norm, qkv_linear);  // [B, N, 3D]
//
// For the backward pass it keeps x, which the residual stream keeps anyway, and
// computes the normalised tokens again; autograd would keep those too, and in
// bfloat16 also a copy of the weight. On a GPU, where these activations do not
// dominate memory, it is the plain form.
//
// Caveat: on a CPU there is no second derivative.
#ifndef CALDERA_VIT_OPS_NORM_LINEAR_H_
#define CALDERA_VIT_OPS_NORM_LINEAR_H_

#include <ATen/core/Tensor.h>

#include "vit/layer_norm.h"
#include "vit/ops/linear.h"

namespace caldera::vit {

// Returns linear(norm(x)): [..., D] -> [..., out], in the linear layer's
// compute type.
at::Tensor NormLinear(const at::Tensor& x, const LayerNorm& norm,
                      const Linear& linear);

// Returns the same from one node for each.
at::Tensor PlainNormLinear(const at::Tensor& x, const LayerNorm& norm,
                           const Linear& linear);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_NORM_LINEAR_H_
