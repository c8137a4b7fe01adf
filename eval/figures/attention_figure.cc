#include "eval/figures/attention_figure.h"

#include <ATen/TensorOperators.h>
#include <glog/logging.h>

#include <algorithm>

#include "eval/figures/map_grid.h"

namespace caldera::eval {

at::Tensor AttentionFigure(const at::Tensor& images,
                           const at::Tensor& attention, const vit::Grid& grid,
                           int64_t count) {
  CHECK(attention.dim() == 4 && attention.size(0) == images.size(0) &&
        attention.size(3) == 1 + grid.size());
  const int64_t shown = std::min(count, images.size(0));
  const at::Tensor looks = attention.detach()
                               .cpu()
                               .slice(0, 0, shown)
                               .select(2, 0)
                               .slice(2, 1);  // [B, h, N]
  const at::Tensor low = looks.amin(2, /*keepdim=*/true);
  const at::Tensor high = looks.amax(2, /*keepdim=*/true);
  const at::Tensor maps = (looks - low) / (high - low).clamp_min(1e-12);
  return MapGrid(images.slice(0, 0, shown), maps, grid);
}

}  // namespace caldera::eval
