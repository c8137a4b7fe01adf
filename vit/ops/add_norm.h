// The residual sum and the layer norm that reads it, in one pass over the
// stream.
//
//   const vit::AddNormOutput out =
//       vit::AddNorm(x, proj.forward(heads), norm, at::kBFloat16);
//   fc1.forward(out.normed);  // what the next branch reads
//   out.sum;                  // the stream, [B, N, D], float32
//
// The backward pass is one pass too: it adds the stream's gradient to the
// norm's and leaves it in the branch's type as well. As operators of PyTorch's
// dispatcher, caldera::add_norm and its backward have a kernel of their own on
// a GPU, in float32 with 16-bit branches, and are made of ATen's operators
// everywhere else, which is what the kernel's tests compare it with.
//
// Bytes for each number of the stream, in bfloat16: 12 forward and 16 backward,
// where sum, norm and casts one after the other move 24 and 44.
//
// Caveats: gradients cannot be derived once more. Statistics are of the stream
// in float32; the kernel gives the same bits every time.
#ifndef CALDERA_VIT_OPS_ADD_NORM_H_
#define CALDERA_VIT_OPS_ADD_NORM_H_

#include <ATen/core/Tensor.h>

#include "vit/layer_norm.h"

namespace caldera::vit {

struct AddNormOutput {
  at::Tensor sum;     // [..., D], in x's type
  at::Tensor normed;  // [..., D], in the type that was asked for
};

// sum = x + branch, or x where branch is undefined; normed = norm(sum).
// x [..., D]; branch: of x's sizes, in `type`.
AddNormOutput AddNorm(const at::Tensor& x, const at::Tensor& branch,
                      const LayerNorm& norm, at::ScalarType type);

// Whether AddNorm has a kernel for these: float32 on a GPU, `type` bfloat16,
// an even D of at most 1280.
bool AddNormHasKernel(const at::Tensor& x, at::ScalarType type);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_ADD_NORM_H_
