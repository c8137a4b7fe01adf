// Refuses a second derivative through an operation whose backward pass is
// written by hand: autograd would take that pass's kernels for constants, and
// the result would be silently wrong.
//
//   static variable_list backward(...) {
//     CheckFirstDerivative("a norm and a linear layer");
//
// Caveat: it asks whether the backward pass itself is recorded (create_graph),
// also where nobody derives it again.
#ifndef CALDERA_VIT_OPS_FIRST_DERIVATIVE_H_
#define CALDERA_VIT_OPS_FIRST_DERIVATIVE_H_

namespace caldera::vit {

// Throws c10::Error, which names the operation and plain_ops.h, where the
// backward pass that calls it is recorded.
void CheckFirstDerivative(const char* operation);

}  // namespace caldera::vit

#endif  // CALDERA_VIT_OPS_FIRST_DERIVATIVE_H_
