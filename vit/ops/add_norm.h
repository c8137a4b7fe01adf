// Computes the residual sum and the layer norm that follows it in one pass over
// the residual stream.
//
//   const vit::AddNormOutput out =
//       vit::AddNorm(x, proj.forward(heads), norm, at::kBFloat16);
//   fc1.forward(out.normed);  // the next branch's input
//   out.sum;                  // the residual stream, [B, N, D], float32
//
// The backward pass is one pass too: it adds the stream's gradient to the
// norm's and also writes the sum in the branch's type. Both are operators of
// PyTorch's dispatcher, caldera::add_norm and its backward. On a GPU they have
// a kernel, for float32 with 16-bit branches; everywhere else they are composed
// of ATen's operators, with which the kernel's tests compare it.
//
// With bfloat16 branches it moves 12 bytes forward and 16 backward for each
// number of the stream; separate sum, norm and casts move 24 and 44.
//
// residual.h decides where a block uses it.
//
// Caveats: there is no second derivative. The statistics are computed in
// float32; the kernel returns the same bits every time.
#ifndef CALDERA_VIT_OPS_ADD_NORM_H_
#define CALDERA_VIT_OPS_ADD_NORM_H_

#include <ATen/core/Tensor.h>

#include "vit/layer_norm.h"

namespace caldera::vit {

struct AddNormOutput {
  at::Tensor sum;     // [..., D], in x's type
  at::Tensor normed;  // [..., D], in the requested type
};

// Returns sum = x + branch (x where branch is undefined) and normed =
// norm(sum). x: [..., D]; branch: the same shape, in `type`.
AddNormOutput AddNorm(const at::Tensor& x, const at::Tensor& branch,
                      const LayerNorm& norm, at::ScalarType type);

// Returns the same from one operator for each.
AddNormOutput PlainAddNorm(const at::Tensor& x, const at::Tensor& branch,
                           const LayerNorm& norm, at::ScalarType type);

// Returns true where AddNorm has a kernel: x is float32 on a GPU, `type` is
// bfloat16, and D is even and at most 1280.
bool AddNormHasKernel(const at::Tensor& x, at::ScalarType type);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_ADD_NORM_H_
