// Grid-wise masking: the first patch of each s x s cell stays visible (He et
// al., CVPR 2022, figure 6); a ratio of 0.75 has s = 2.
//
// Caveat: the same patches of every image stay visible, so the task is easy and
// the features are worse than under random masking (the paper's table 1f).
#include <ATen/ops/ones.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {
namespace {

class GridMask : public MaskSampler {
 public:
  Mask Sample(const MaskRequest& request) const override;
  bool takes_any_ratio() const override { return false; }
  // Refuses ratios other than 1 - 1/s^2 with an s that divides the grid.
  absl::Status Check(const vit::Grid& grid, double ratio) const override;
};

// Returns s of a ratio 1 - 1/s^2.
int64_t CellSide(double ratio) {
  return std::llround(std::sqrt(1 / (1 - ratio)));
}

bool Fits(const vit::Grid& grid, int64_t side) {
  return side >= 2 && grid.height % side == 0 && grid.width % side == 0;
}

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

const bool kGrid = MaskSamplerPart::Register<GridMaskSpec>(
    {"grid", "One patch of each cell stays, always the same one (MAE)."},
    [](const GridMaskSpec&) { return std::make_unique<GridMask>(); });

}  // namespace
}  // namespace caldera::ssl
