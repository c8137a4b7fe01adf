#include "eval/figures/component_figure.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <glog/logging.h>

#include <algorithm>

#include "eval/figures/map_grid.h"
#include "eval/pca.h"

namespace caldera::eval {

at::Tensor LeadingComponent(const at::Tensor& tokens) {
  CHECK_EQ(tokens.dim(), 3);
  const at::Tensor rows = tokens.detach().cpu().flatten(0, 1);  // [B*N, D]
  const at::Tensor along =
      Project(PrincipalComponents(rows, 1), rows).squeeze(1);  // [B*N]
  const at::Tensor low = along.min(), high = along.max();
  return ((along - low) / (high - low).clamp_min(1e-12))
      .view({tokens.size(0), tokens.size(1)});
}

at::Tensor ComponentFigure(const at::Tensor& images,
                           const std::vector<at::Tensor>& tokens,
                           const vit::Grid& grid, int64_t count) {
  CHECK(!tokens.empty());
  const int64_t shown = std::min(count, images.size(0));
  std::vector<at::Tensor> maps;
  for (const at::Tensor& block : tokens) {
    CHECK(block.size(0) == images.size(0) && block.size(1) == grid.size());
    maps.push_back(LeadingComponent(block).slice(0, 0, shown));  // [B, N]
  }
  return MapGrid(images.slice(0, 0, shown), at::stack(maps, 1), grid);
}

}  // namespace caldera::eval
