#include "ssl/mae/picture.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace caldera::ssl {

std::optional<Reconstruction> MakePicture(
    const vit::Decoder& decoder, const Target& target, const vit::Grid& grid,
    const at::Tensor& images, const Mask& mask, const at::Tensor& latent,
    const at::Tensor& memory) {
  const at::Tensor removed_patches =  // [B, N]
      mask.mask.defined()
          ? mask.mask
          : at::zeros({images.size(0), grid.size()}, images.options());
  const vit::Decoded decoded =
      decoder.Decode({latent, mask.ids_restore, memory, /*every_patch=*/true});
  at::Tensor prediction = decoded.prediction;  // [B, N or Nm, T]
  if (decoded.removed_only) {
    const at::Tensor& removed = decoded.prediction;
    prediction =
        removed.new_zeros({removed.size(0), grid.size(), removed.size(2)})
            .scatter(1, mask.ids_remove.unsqueeze(-1).expand_as(removed),
                     removed);
  }
  const auto predicted = target.ToImages(prediction, images);
  if (!predicted.has_value()) return std::nullopt;
  if (!decoded.removed_only) return Reconstruction{*predicted, removed_patches};
  const at::Tensor removed =  // [B, 1, H, W]
      removed_patches.view({-1, 1, grid.height, grid.width})
          .repeat_interleave(images.size(2) / grid.height, 2)
          .repeat_interleave(images.size(3) / grid.width, 3);
  return Reconstruction{at::where(removed > 0, *predicted, images),
                        removed_patches};
}

}  // namespace caldera::ssl
