// Gradient checkpointing (Chen et al., 2016) keeps the inputs of a function and
// computes the function again in the backward pass.
//
//   y = vit::Recompute(
//       [&](const std::vector<at::Tensor>& in) { return block(in[0]); }, {x},
//       block.parameters());
//
// Recompute works with backward() and with autograd::grad, and from several
// threads.
//
// Caveats: the function must return the same result when it is called again, so
// it must not draw random numbers; what it captures must outlive the backward
// pass; there is no second derivative.
#ifndef CALDERA_VIT_OPS_RECOMPUTE_H_
#define CALDERA_VIT_OPS_RECOMPUTE_H_

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace caldera::vit {

using TensorFunction =
    std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

// Returns function(inputs). parameters: leaves, other than the inputs, that
// need the function's gradient. Where the plain forms are chosen (plain_ops.h),
// autograd keeps what the function computes.
at::Tensor Recompute(TensorFunction function,
                     const std::vector<at::Tensor>& inputs,
                     const std::vector<at::Tensor>& parameters);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_RECOMPUTE_H_
