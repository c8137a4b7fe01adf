// GELU in its erf form, x Phi(x) with the normal distribution's Phi.
//
//   at::Tensor y = vit::Gelu(x);
//   vit::GeluPair pair = vit::GeluAgain(grad, x);  // in one pass
//
// Floats on a CPU have a loop of their own, which takes the time of a copy
// where the processor has AVX2 or AVX-512, and lies within 3e-7 max(1, |x|) of
// the exact value. Other tensors go through ATen.
//
// Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.
#ifndef CALDERA_VIT_OPS_GELU_H_
#define CALDERA_VIT_OPS_GELU_H_

#include <ATen/core/Tensor.h>

namespace caldera::vit {

// Of x's shape and type. No gradient: gelu_linear.h has it.
at::Tensor Gelu(const at::Tensor& x);

struct GeluPair {
  at::Tensor value;     // x Phi(x)
  at::Tensor gradient;  // with respect to x
};

// What a backward pass needs that has kept x alone. grad: of x's shape, with
// respect to the value; its memory becomes the gradient's where it can.
GeluPair GeluAgain(const at::Tensor& grad, const at::Tensor& x);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_GELU_H_
