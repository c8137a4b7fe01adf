#include "ssl/losses/uniformity.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include "ssl/losses/wide.h"

namespace caldera::ssl {

at::Tensor Uniformity(const at::Tensor& features) {
  const at::Tensor wide = Wide(features);
  const at::Tensor norm = at::linalg_vector_norm(wide, 2, at::IntArrayRef{1},
                                                 /*keepdim=*/true);
  const at::Tensor z = wide / norm.clamp_min(1e-12);  // [B, D]
  return at::matmul(z, z.t()).square().mean();        // of [B, B]
}

}  // namespace caldera::ssl
