#include "eval/figures/map_grid.h"

#include <ATen/ops/nan_to_num.h>
#include <glog/logging.h>

#include <algorithm>
#include <vector>

#include "base/draw/color_map.h"
#include "base/draw/image_grid.h"

namespace caldera::eval {
namespace {

constexpr int64_t kLeastHeight = 96, kGap = 4;

// Returns values in 0..1 as uint8.
at::Tensor Bytes(const at::Tensor& values) {
  return at::nan_to_num(values.detach().cpu(), 0)
      .clamp(0, 1)
      .mul(255)
      .round()
      .to(at::kByte);
}

// patches: uint8 [B, M, 3, grid height, grid width].
at::Tensor Rows(const at::Tensor& images, const at::Tensor& patches,
                const vit::Grid& grid) {
  CHECK(images.dim() == 4 && patches.size(0) == images.size(0));
  const int64_t b = images.size(0), h = images.size(2), w = images.size(3);
  CHECK(h % grid.height == 0 && w % grid.width == 0);
  const at::Tensor pixels = Bytes(images).expand({b, 3, h, w});
  const at::Tensor colors =
      patches.repeat_interleave(h / grid.height, 3)
          .repeat_interleave(w / grid.width, 4);  // [B, M, 3, H, W]
  std::vector<std::vector<at::Tensor>> rows(b);
  for (int64_t i = 0; i < b; ++i) {
    rows[i].push_back(pixels[i]);
    for (const at::Tensor& map : colors[i].unbind(0)) rows[i].push_back(map);
  }
  return base::ImageGrid(rows, std::max<int64_t>(1, (kLeastHeight + h - 1) / h),
                         kGap);
}

}  // namespace

at::Tensor MapGrid(const at::Tensor& images, const at::Tensor& maps,
                   const vit::Grid& grid) {
  CHECK(maps.dim() == 3 && maps.size(2) == grid.size());
  return Rows(
      images,
      base::Viridis(maps.view({maps.size(0), -1, grid.height, grid.width})),
      grid);
}

at::Tensor ColorGrid(const at::Tensor& images, const at::Tensor& colors,
                     const vit::Grid& grid) {
  CHECK(colors.dim() == 4 && colors.size(2) == grid.size() &&
        colors.size(3) == 3);
  return Rows(images,
              Bytes(colors)
                  .view({colors.size(0), -1, grid.height, grid.width, 3})
                  .permute({0, 1, 4, 2, 3}),
              grid);
}

}  // namespace caldera::eval
