// What an MLP applies between its two layers, where it is not GELU's erf form,
// which has operations of its own (gelu_linear.h).
//
//   at::Tensor y = vit::Activate(hidden, EncoderSpec::QUICK_GELU);
//   // [..., 64] -> [..., 64]
//   y = vit::Activate(hidden, EncoderSpec::SWIGLU);  // [..., 64] -> [..., 32]
//
// It is composed of ATen's operators and has all derivatives.
#ifndef CALDERA_VIT_OPS_ACTIVATION_H_
#define CALDERA_VIT_OPS_ACTIVATION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "vit/vit.pb.h"

namespace caldera::vit {

// Returns the activation of x, [..., H] -> [..., ActivatedWidth(H)].
at::Tensor Activate(const at::Tensor& x, EncoderSpec::Activation activation);

// Returns the width of an activation of `hidden` numbers: half of them for
// SWIGLU, whose other half are gates, else all.
int64_t ActivatedWidth(int64_t hidden, EncoderSpec::Activation activation);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_ACTIVATION_H_
