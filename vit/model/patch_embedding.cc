#include "vit/model/patch_embedding.h"

#include <glog/logging.h>

#include "vit/ops/gather_rows.h"

namespace caldera::vit {

at::Tensor Patchify(const at::Tensor& images, int64_t patch_size) {
  const int64_t b = images.size(0), c = images.size(1), p = patch_size;
  CHECK(images.size(2) % p == 0 && images.size(3) % p == 0) << images.sizes();
  const int64_t h = images.size(2) / p, w = images.size(3) / p;
  return images.reshape({b, c, h, p, w, p})
      .permute({0, 2, 4, 3, 5, 1})      // [B, h, w, p, p, C]
      .reshape({b, h * w, p * p * c});  // [B, N, p*p*C]
}

at::Tensor Unpatchify(const at::Tensor& patches, int64_t patch_size,
                      int64_t channels, const Grid& grid) {
  const int64_t b = patches.size(0), p = patch_size;
  const int64_t h = grid.height, w = grid.width;
  CHECK_EQ(patches.size(1), grid.size());
  return patches.reshape({b, h, w, p, p, channels})
      .permute({0, 5, 1, 3, 2, 4})            // [B, C, h, p, w, p]
      .reshape({b, channels, h * p, w * p});  // [B, C, H, W]
}

at::Tensor Unpatchify(const at::Tensor& patches, int64_t patch_size,
                      int64_t channels) {
  const int64_t n = patches.size(1);
  const Grid grid = SquareGrid(n);
  CHECK_EQ(grid.size(), n) << "the grid of patches is not square";
  return Unpatchify(patches, patch_size, channels, grid);
}

PatchEmbed::PatchEmbed(int64_t patch_size, int64_t channels, int64_t embed_dim,
                       bool with_bias)
    : patch_size_(patch_size) {
  proj_ = register_module(
      "proj", std::make_shared<Linear>(
                  at::IntArrayRef{embed_dim, channels, patch_size, patch_size},
                  with_bias));
}

at::Tensor PatchEmbed::forward(const at::Tensor& images,
                               const std::optional<at::Tensor>& ids_keep) {
  const int64_t b = images.size(0), c = images.size(1), p = patch_size_;
  const int64_t h = images.size(2) / p, w = images.size(3) / p;
  CHECK(images.size(2) == h * p && images.size(3) == w * p)
      << images.sizes() << " images do not divide into patches of " << p;
  at::Tensor patches = images.reshape({b, c, h, p, w, p})
                           .permute({0, 2, 4, 1, 3, 5})  // [B, h, w, C, p, p]
                           .reshape({b, h * w, c * p * p});  // [B, N, C*p*p]
  if (ids_keep.has_value()) {
    patches = GatherRows(patches, *ids_keep);  // [B, Nv, C*p*p]
  }
  return proj_->forward(patches);
}

}  // namespace caldera::vit
