// GELU and the affine map behind it, as one step of the graph.
//
//   at::Tensor y = vit::GeluLinear(hidden, fc2, residual);
//
// For the backward pass it keeps `hidden` and computes the activation again;
// autograd would keep both, and in bfloat16 a copy of the weight. On a GPU,
// where that is not what memory goes into, it is GELU and map one after the
// other. Gradients cannot be derived once more.
#ifndef CALDERA_VIT_OPS_GELU_LINEAR_H_
#define CALDERA_VIT_OPS_GELU_LINEAR_H_

#include <ATen/core/Tensor.h>

#include "vit/ops/linear.h"

namespace caldera::vit {

// residual + linear(gelu(hidden)), or linear(gelu(hidden)) without a residual:
// hidden [..., in] in the map's type, residual [..., out] -> [..., out].
at::Tensor GeluLinear(const at::Tensor& hidden, const Linear& linear,
                      const at::Tensor& residual = {});

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_GELU_LINEAR_H_
