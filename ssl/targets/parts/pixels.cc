#include "ssl/targets/parts/pixels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/var.h>

#include "vit/model/patch_embedding.h"

namespace caldera::ssl {
namespace {

// The mean and deviation of each patch, [B, N, 1] each.
struct PatchStatistics {
  at::Tensor mean, deviation;
};

PatchStatistics Statistics(const at::Tensor& target) {
  const at::Tensor var = target.var(std::vector<int64_t>{-1},
                                    /*unbiased=*/true, /*keepdim=*/true);
  return {target.mean(-1, /*keepdim=*/true), (var + 1e-6).sqrt()};
}

}  // namespace

at::Tensor PatchPixels(const at::Tensor& images, int64_t patch_size,
                       bool norm_pix_loss) {
  const at::Tensor target = vit::Patchify(images, patch_size);  // [B, N, T]
  if (!norm_pix_loss) return target;
  const PatchStatistics patch = Statistics(target);
  return (target - patch.mean) / patch.deviation;
}

TargetOutput PixelTarget::Compute(const at::Tensor& images,
                                  const TeacherOutput* /*teacher*/) const {
  return {PatchPixels(images, patch_size_, norm_pix_loss_), {}};
}

std::optional<at::Tensor> PixelTarget::ToImages(
    const at::Tensor& prediction, const at::Tensor& images) const {
  at::Tensor patches = prediction;  // [B, N, T]
  if (norm_pix_loss_) {
    const PatchStatistics patch =
        Statistics(PatchPixels(images, patch_size_, /*norm_pix_loss=*/false));
    patches = prediction * patch.deviation + patch.mean;
  }
  return vit::Unpatchify(patches, patch_size_, channels_);
}

namespace {

const bool kPixels = TargetPart::Register<PixelTargetSpec>(
    {"pixels", "The patch's pixels (MAE).", "", /*is_default=*/true},
    [](const PixelTargetSpec&, const TargetOptions& options) {
      return std::make_unique<PixelTarget>(options.encoder.patch_size(),
                                           options.encoder.channels(),
                                           options.norm_pix_loss);
    });

}  // namespace
}  // namespace caldera::ssl
