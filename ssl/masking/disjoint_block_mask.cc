#include "ssl/masking/disjoint_block_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/masking/random_mask.h"
#include "ssl/masking/ranks.h"

namespace caldera::ssl {

absl::Status DisjointBlockMask::Check(const vit::Grid& grid,
                                      double ratio) const {
  RETURN_IF_ERROR(MaskSampler::Check(grid, ratio));
  if (grid.height % cell_ == 0 && grid.width % cell_ == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      ratio, " is of a grid of ", grid.height, " x ", grid.width,
      " patches, which masking.disjoint_block.cell: ", cell_,
      " does not divide; choose encoder.image_size and encoder.patch_size for "
      "one that it does, or another cell"));
}

Mask DisjointBlockMask::Sample(const MaskRequest& request) const {
  const int64_t h = request.grid.height / cell_;
  const int64_t w = request.grid.width / cell_;
  const int64_t patches = cell_ * cell_;  // of a cell
  const at::Tensor rank =
      Ranks(MaskNoise(request.streams, request.index, h * w));
  // A cell's patches follow each other, row by row.
  const at::Tensor within =
      at::arange(patches, at::kLong).view({1, 1, cell_, 1, cell_});
  const at::Tensor place =
      (rank.view({-1, h, 1, w, 1}) * patches + within).flatten(1);  // [B, N]
  // The second mask removes first what the first removes last.
  const at::Tensor both = at::stack({place, -place}, 1);  // [B, 2, N]
  return MaskFromNoise(both.flatten(0, 1),
                       NumKept(request.grid.size(), request.ratio));
}

}  // namespace caldera::ssl
