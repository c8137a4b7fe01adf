#include "ssl/masking/make_mask_sampler.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/field_check.h"
#include "base/field_path.h"
#include "base/status.h"
#include "ssl/masking/block_mask.h"
#include "ssl/masking/color_mask.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/random_mask.h"
#include "ssl/masking/scored_mask.h"
#include "ssl/masking/several_masks.h"
#include "ssl/schedule/schedule_range.h"

namespace caldera::ssl {
namespace {

// Grid-wise masking: the first patch of each s x s cell stays visible (He et
// al., CVPR 2022, figure 6); a ratio of 0.75 has s = 2.
//
// Caveat: the same patches of every image stay visible, so the task is easy and
// the features are worse than under random masking (the paper's table 1f).
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

// Returns the sampler, or the error of its check.
template <typename T, typename... Arguments>
absl::StatusOr<std::unique_ptr<MaskSampler>> Checked(
    const base::FieldCheck& check, Arguments&&... arguments) {
  RETURN_IF_ERROR(check.status());
  return std::make_unique<T>(std::forward<Arguments>(arguments)...);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MaskSampler>> MakeMaskSampler(
    const MaskingSpec& spec) {
  switch (spec.sampler_case()) {
    case MaskingSpec::kBlock:
      return Checked<BlockMask>(
          base::FieldCheck()
              .AboveUpTo("block.min_share", spec.block().min_share(), 0, 1)
              .AboveUpTo("block.min_aspect", spec.block().min_aspect(), 0, 1),
          spec.block());
    case MaskingSpec::kGrid:
      return std::make_unique<GridMask>();
    case MaskingSpec::kComplement:
      return std::make_unique<ComplementMask>();
    case MaskingSpec::kColor:
      return base::Within("color", ColorMask::Create(spec.color()));
    case MaskingSpec::kPartition:
      return Checked<PartitionMask>(
          base::FieldCheck().InRange("partition.parts",
                                     spec.partition().parts(), 2, 1024),
          spec.partition().parts());
    case MaskingSpec::kDisjointBlock:
      return Checked<DisjointBlockMask>(
          base::FieldCheck().AtLeast("disjoint_block.cell",
                                     spec.disjoint_block().cell(), 1),
          spec.disjoint_block().cell());
    case MaskingSpec::kScored:
      return std::make_unique<ScoredMask>();
    case MaskingSpec::kHard:
      RETURN_IF_ERROR(base::Within("hard.hard_share",
                                   CheckRange(spec.hard().hard_share(), 0, 1)));
      return std::make_unique<HardMask>(
          HardShareOrRamp(spec.hard().hard_share()));
    case MaskingSpec::kCustom:
      return base::Within("custom", CustomMaskSampler::Create(spec.custom()));
    case MaskingSpec::kRandom:
    case MaskingSpec::SAMPLER_NOT_SET:
      break;
  }
  return std::make_unique<RandomMask>();
}

}  // namespace caldera::ssl
