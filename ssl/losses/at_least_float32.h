// Converts tensors to the type in which losses are computed: the bfloat16
// outputs of products are compared and normalised in float32.
//
//   at::mse_loss(AtLeastFloat32(head->forward(x)), AtLeastFloat32(teacher));
#ifndef CALDERA_SSL_LOSSES_AT_LEAST_FLOAT32_H_
#define CALDERA_SSL_LOSSES_AT_LEAST_FLOAT32_H_

#include <ATen/core/Tensor.h>

namespace caldera::ssl {

// Returns `x` in float64 if it is float64, else in float32.
inline at::Tensor AtLeastFloat32(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_LOSSES_AT_LEAST_FLOAT32_H_
