#include "ssl/targets/pixel_target.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/var.h>

#include "vit/patch_embedding.h"

namespace caldera::ssl {
namespace {

constexpr double kEps = 1e-6;

}  // namespace

at::Tensor PixelTarget(const at::Tensor& images, int64_t patch_size,
                       bool norm_pix_loss) {
  const at::Tensor target = vit::Patchify(images, patch_size);  // [B, N, T]
  if (!norm_pix_loss) return target;
  const at::Tensor mean = target.mean(-1, /*keepdim=*/true);  // [B, N, 1]
  const at::Tensor var = target.var(std::vector<int64_t>{-1},
                                    /*unbiased=*/true, /*keepdim=*/true);
  return (target - mean) / (var + kEps).sqrt();
}

at::Tensor DenormalizePatches(const at::Tensor& prediction,
                              const at::Tensor& target) {
  const at::Tensor mean = target.mean(-1, /*keepdim=*/true);  // [B, N, 1]
  const at::Tensor var = target.var(std::vector<int64_t>{-1},
                                    /*unbiased=*/true, /*keepdim=*/true);
  return prediction * (var + kEps).sqrt() + mean;
}

}  // namespace caldera::ssl
