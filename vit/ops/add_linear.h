// A linear layer and the residual sum that follows it.
//
//   at::Tensor y = vit::AddLinear(residual, proj, heads);  // [B, N, D]
//
// The matrix product is added to residual + bias in place, where both have the
// layer's type; the plain form takes a pass for the bias and one for the sum.
#ifndef CALDERA_VIT_OPS_ADD_LINEAR_H_
#define CALDERA_VIT_OPS_ADD_LINEAR_H_

#include <ATen/core/Tensor.h>

#include "vit/ops/linear.h"

namespace caldera::vit {

// Returns residual + linear(x): x [..., in]; residual and result [..., out].
at::Tensor AddLinear(const at::Tensor& residual, const Linear& linear,
                     const at::Tensor& x);

// Returns the same from one operator for each.
at::Tensor PlainAddLinear(const at::Tensor& residual, const Linear& linear,
                          const at::Tensor& x);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_ADD_LINEAR_H_
