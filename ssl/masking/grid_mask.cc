#include "ssl/masking/grid_mask.h"

#include <ATen/ops/ones.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"

namespace caldera::ssl {
namespace {

// s of a ratio 1 - 1/s^2.
int64_t CellSide(double ratio) {
  return std::llround(std::sqrt(1 / (1 - ratio)));
}

bool Fits(const vit::Grid& grid, int64_t side) {
  return side >= 2 && grid.height % side == 0 && grid.width % side == 0;
}

}  // namespace

absl::Status GridMask::Check(const vit::Grid& grid, double ratio) const {
  RETURN_IF_ERROR(MaskSampler::Check(grid, ratio));
  const int64_t side = CellSide(ratio);
  if (Fits(grid, side) &&
      NumKept(grid.size(), ratio) == grid.size() / (side * side)) {
    return absl::OkStatus();
  }
  std::vector<std::string> ratios;
  for (int64_t s = 2; s <= grid.height; ++s) {
    if (Fits(grid, s)) {
      ratios.push_back(absl::StrCat(1 - 1 / static_cast<double>(s * s)));
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      ratio, " is not 1 - 1/s^2 for an s that divides a grid of ", grid.height,
      " x ", grid.width, " patches, as a grid mask needs; ",
      ratios.empty() ? "choose another masking"
                     : absl::StrCat("use ", absl::StrJoin(ratios, " or "))));
}

Mask GridMask::Sample(const MaskRequest& request) const {
  const vit::Grid& grid = request.grid;
  const int64_t side = CellSide(request.ratio);
  at::Tensor removed = at::ones({grid.height, grid.width});
  removed.slice(0, 0, grid.height, side).slice(1, 0, grid.width, side).fill_(0);
  const int64_t b = request.index.size(0);
  return MaskFromNoise(removed.view({1, -1}).expand({b, -1}),
                       NumKept(grid.size(), request.ratio));
}

}  // namespace caldera::ssl
