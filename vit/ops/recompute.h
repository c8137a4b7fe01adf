// Gradient checkpointing (Chen et al., 2016): keep the inputs of a function and
// compute the function again in the backward pass.
//
//   y = vit::Recompute(
//       [&](const std::vector<at::Tensor>& in) { return block(in[0]); }, {x},
//       block.parameters());
//
// Works with backward() and with autograd::grad, and from several threads.
//
// Caveats: the function must give the same result when called again, so it may
// not draw random numbers; it must outlive the backward pass; there is no
// second derivative.
#ifndef CALDERA_VIT_OPS_RECOMPUTE_H_
#define CALDERA_VIT_OPS_RECOMPUTE_H_

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace caldera::vit {

using TensorFunction =
    std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

// function(inputs). parameters: leaves, other than the inputs, that need the
// function's gradient.
at::Tensor Recompute(TensorFunction function,
                     const std::vector<at::Tensor>& inputs,
                     const std::vector<at::Tensor>& parameters);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_RECOMPUTE_H_
