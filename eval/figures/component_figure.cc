#include "eval/figures/component_figure.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <glog/logging.h>

#include <algorithm>
#include <tuple>

#include "eval/figures/map_grid.h"
#include "eval/pca.h"

namespace caldera::eval {

namespace {

// Returns the places of all patches of tokens [B, N, D] along the first `k`
// components, [B * N, k].
at::Tensor Along(const at::Tensor& tokens, int64_t k) {
  CHECK_EQ(tokens.dim(), 3);
  const at::Tensor rows = tokens.detach().cpu().flatten(0, 1);  // [B * N, D]
  return Project(PrincipalComponents(rows, k), rows);
}

at::Tensor Between(const at::Tensor& values, const at::Tensor& low,
                   const at::Tensor& high) {
  return (values - low) / (high - low).clamp_min(1e-12);
}

// Returns `mapped` of each block's tokens for the first `shown` images, [B, M,
// N, ...].
template <typename Map>
at::Tensor Maps(const at::Tensor& images, const std::vector<at::Tensor>& tokens,
                const vit::Grid& grid, int64_t shown, const Map& mapped) {
  CHECK(!tokens.empty());
  std::vector<at::Tensor> maps;
  for (const at::Tensor& block : tokens) {
    CHECK(block.size(0) == images.size(0) && block.size(1) == grid.size());
    maps.push_back(mapped(block).slice(0, 0, shown));
  }
  return at::stack(maps, 1);
}

}  // namespace

at::Tensor LeadingComponent(const at::Tensor& tokens) {
  const at::Tensor along = Along(tokens, 1);  // [B * N, 1]
  return Between(along, along.min(), along.max())
      .view({tokens.size(0), tokens.size(1)});
}

at::Tensor ComponentColors(const at::Tensor& tokens) {
  const at::Tensor along = Along(tokens, 3);             // [B * N, 3]
  const at::Tensor sorted = std::get<0>(along.sort(0));  // [B * N, 3]
  const int64_t last = along.size(0) - 1, cut = last / 100;
  return Between(along, sorted[cut], sorted[last - cut])
      .clamp(0, 1)
      .view({tokens.size(0), tokens.size(1), 3});
}

at::Tensor ComponentFigure(const at::Tensor& images,
                           const std::vector<at::Tensor>& tokens,
                           const vit::Grid& grid, int64_t count) {
  const int64_t shown = std::min(count, images.size(0));
  return MapGrid(images.slice(0, 0, shown),
                 Maps(images, tokens, grid, shown, LeadingComponent), grid);
}

at::Tensor ComponentColorFigure(const at::Tensor& images,
                                const std::vector<at::Tensor>& tokens,
                                const vit::Grid& grid, int64_t count) {
  const int64_t shown = std::min(count, images.size(0));
  return ColorGrid(images.slice(0, 0, shown),
                   Maps(images, tokens, grid, shown, ComponentColors), grid);
}

}  // namespace caldera::eval
