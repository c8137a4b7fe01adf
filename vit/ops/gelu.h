// GELU in its erf form, x Phi(x) with the normal distribution's Phi.
//
//   at::Tensor y = vit::Gelu(x);
//   vit::GeluPair pair = vit::GeluAgain(grad, x);  // in one pass
//
// For floats on a CPU these functions have a loop of their own, which takes no
// longer than a copy where the processor has AVX2 or AVX-512 and is within 3e-7
// max(1, |x|) of the exact value. For other tensors they call ATen.
//
// Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.
#ifndef CALDERA_VIT_OPS_GELU_H_
#define CALDERA_VIT_OPS_GELU_H_

#include <ATen/core/Tensor.h>

namespace caldera::vit {

// Returns GELU(x), of x's shape and type, without a gradient; gelu_linear.h has
// one.
at::Tensor Gelu(const at::Tensor& x);

struct GeluPair {
  at::Tensor value;     // x Phi(x)
  at::Tensor gradient;  // with respect to x
};

// Returns what a backward pass needs that has kept only x. grad: the gradient
// with respect to the value, of x's shape; its memory is reused for the result
// where possible.
GeluPair GeluAgain(const at::Tensor& grad, const at::Tensor& x);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_GELU_H_
