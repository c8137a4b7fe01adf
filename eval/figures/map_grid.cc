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

}  // namespace

at::Tensor MapGrid(const at::Tensor& images, const at::Tensor& maps,
                   const vit::Grid& grid) {
  CHECK(images.dim() == 4 && maps.dim() == 3 && maps.size(2) == grid.size());
  const int64_t b = images.size(0), h = images.size(2), w = images.size(3);
  CHECK(maps.size(0) == b && h % grid.height == 0 && w % grid.width == 0);
  const at::Tensor pixels = at::nan_to_num(images.detach().cpu(), 0)
                                .clamp(0, 1)
                                .mul(255)
                                .round()
                                .to(at::kByte)
                                .expand({b, 3, h, w});
  const at::Tensor colors =
      base::Viridis(maps.view({b, -1, grid.height, grid.width}))
          .repeat_interleave(h / grid.height, 3)
          .repeat_interleave(w / grid.width, 4);  // [B, M, 3, H, W]
  std::vector<std::vector<at::Tensor>> rows(b);
  for (int64_t i = 0; i < b; ++i) {
    rows[i].push_back(pixels[i]);
    for (const at::Tensor& map : colors[i].unbind(0)) rows[i].push_back(map);
  }
  return base::ImageGrid(rows, std::max<int64_t>(1, (kLeastHeight + h - 1) / h),
                         kGap);
}

}  // namespace caldera::eval
