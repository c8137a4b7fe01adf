#include "vit/resample_patches.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_pinv.h>
#include <ATen/ops/matmul.h>

namespace caldera::vit {

at::Tensor ResamplePatches(const at::Tensor& weight, int64_t patch_size) {
  const int64_t d = weight.size(0), c = weight.size(1), p = weight.size(2);
  if (p == patch_size) return weight;
  const int64_t n = patch_size * patch_size;
  // Row i is the resized patch of which pixel i alone is 1: the transpose of
  // the matrix that resizes.
  const at::Tensor basis = at::eye(p * p, at::kDouble).view({p * p, 1, p, p});
  const at::Tensor resized =
      at::_upsample_bicubic2d_aa(basis, {patch_size, patch_size},
                                 /*align_corners=*/false)
          .view({p * p, n});                            // [P*P, N]
  const at::Tensor inverse = at::linalg_pinv(resized);  // [N, P*P]
  const at::Tensor kernels =
      weight.to(at::kDouble).reshape({d * c, p * p});  // [D*C, P*P]
  return at::matmul(kernels, inverse.t())              // [D*C, N]
      .view({d, c, patch_size, patch_size})
      .to(weight.scalar_type());
}

at::Tensor ResampleChannels(const at::Tensor& weight, int64_t channels) {
  const int64_t c = weight.size(1);
  if (c == channels) return weight;
  if (channels == 1) {
    return weight.to(at::kDouble)
        .sum(1, /*keepdim=*/true)
        .to(weight.scalar_type());
  }
  if (c != 1) return at::Tensor();
  return (weight / static_cast<double>(channels))
      .repeat({1, channels, 1, 1});  // [D, channels, P, P]
}

}  // namespace caldera::vit
