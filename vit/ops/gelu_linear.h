// GELU and the linear layer that follows it, as one node of the autograd graph.
//
//   at::Tensor y = vit::GeluLinear(hidden, fc2, residual);
//
// For the backward pass it keeps `hidden` and computes the activation again;
// autograd would keep both, and in bfloat16 also a copy of the weight. On a
// GPU, where these activations do not dominate memory, it is the plain form.
//
// Caveat: on a CPU there is no second derivative.
#ifndef CALDERA_VIT_OPS_GELU_LINEAR_H_
#define CALDERA_VIT_OPS_GELU_LINEAR_H_

#include <ATen/core/Tensor.h>

#include "vit/ops/linear.h"

namespace caldera::vit {

// Returns residual + linear(gelu(hidden)), or linear(gelu(hidden)) where
// `residual` is undefined. hidden: [..., in] in the linear layer's compute
// type; residual and result: [..., out].
at::Tensor GeluLinear(const at::Tensor& hidden, const Linear& linear,
                      const at::Tensor& residual = {});

// Returns the same; GELU is a node of its own.
at::Tensor PlainGeluLinear(const at::Tensor& hidden, const Linear& linear,
                           const at::Tensor& residual = {});

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_GELU_LINEAR_H_
