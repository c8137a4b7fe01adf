#include "ssl/mae/picture.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

namespace caldera::ssl {

std::optional<Reconstruction> MakePicture(const vit::Decoder& decoder,
                                          const Target& target,
                                          const vit::Grid& grid,
                                          const PictureInput& input) {
  const at::Tensor& images = input.images;
  const Mask& mask = input.mask;
  const at::Tensor removed_patches =  // [B, N]
      mask.mask.defined()
          ? mask.mask
          : at::zeros({images.size(0), grid.size()}, images.options());
  at::Tensor prediction = decoder.PredictEveryPatch(
      input.latent, mask.ids_restore, input.memory);  // [B, N, T]
  const bool every_patch = prediction.defined();
  if (!every_patch) {
    const at::Tensor removed = decoder.forward(input.latent, mask.ids_restore,
                                               input.memory);  // [B, Nm, T]
    prediction =
        removed.new_zeros({removed.size(0), grid.size(), removed.size(2)})
            .scatter(1, mask.ids_remove.unsqueeze(-1).expand_as(removed),
                     removed);
  }
  const auto predicted = target.ToImages(prediction, images);
  if (!predicted.has_value()) return std::nullopt;
  if (every_patch) return Reconstruction{*predicted, removed_patches};
  const at::Tensor removed =  // [B, 1, H, W]
      removed_patches.view({-1, 1, grid.height, grid.width})
          .repeat_interleave(images.size(2) / grid.height, 2)
          .repeat_interleave(images.size(3) / grid.width, 3);
  return Reconstruction{at::where(removed > 0, *predicted, images),
                        removed_patches};
}

}  // namespace caldera::ssl
