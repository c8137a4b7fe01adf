#include "ssl/targets/pixel_target.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/var.h>

#include "vit/patch_embedding.h"

namespace caldera::ssl {
namespace {

// Mean and deviation of each patch: target [B, N, T] -> [B, N, 1] each.
struct PatchStatistics {
  at::Tensor mean, deviation;
};

PatchStatistics Statistics(const at::Tensor& target) {
  const at::Tensor var = target.var(std::vector<int64_t>{-1},
                                    /*unbiased=*/true, /*keepdim=*/true);
  return {target.mean(-1, /*keepdim=*/true), (var + 1e-6).sqrt()};
}

}  // namespace

at::Tensor PixelTarget(const at::Tensor& images, int64_t patch_size,
                       bool norm_pix_loss) {
  const at::Tensor target = vit::Patchify(images, patch_size);  // [B, N, T]
  if (!norm_pix_loss) return target;
  const PatchStatistics patch = Statistics(target);
  return (target - patch.mean) / patch.deviation;
}

at::Tensor DenormalizePatches(const at::Tensor& prediction,
                              const at::Tensor& target) {
  const PatchStatistics patch = Statistics(target);
  return prediction * patch.deviation + patch.mean;
}

}  // namespace caldera::ssl
