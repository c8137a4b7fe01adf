#include "ssl/masking/several_masks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/stack.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/masking/ranks.h"
#include "ssl/masking/uniform_noise.h"

namespace caldera::ssl {

Mask ComplementMask::Sample(const MaskRequest& request) const {
  const int64_t n = request.grid.size();
  const at::Tensor noise =
      UniformNoise(request.streams, "mask", request.index, {n});  // [B, N]
  const at::Tensor both = at::stack({noise, -noise}, 1);          // [B, 2, N]
  return MaskFromNoise(both.flatten(0, 1), NumKept(n, request.ratio));
}

absl::Status DisjointBlockMask::Check(const vit::Grid& grid,
                                      double ratio) const {
  RETURN_IF_ERROR(MaskSampler::Check(grid, ratio));
  if (grid.height % cell_ == 0 && grid.width % cell_ == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      ratio, " applies to a grid of ", grid.height, " x ", grid.width,
      " patches, which masking.disjoint_block.cell: ", cell_,
      " does not divide; choose encoder.image_size and encoder.patch_size so "
      "that it does, or another cell"));
}

Mask DisjointBlockMask::Sample(const MaskRequest& request) const {
  const int64_t h = request.grid.height / cell_;
  const int64_t w = request.grid.width / cell_;
  const int64_t patches = cell_ * cell_;  // of a cell
  const at::Tensor rank =
      Ranks(UniformNoise(request.streams, "mask", request.index, {h * w}));
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

absl::Status PartitionMask::Check(const vit::Grid& grid, double ratio) const {
  RETURN_IF_ERROR(MaskSampler::Check(grid, ratio));
  const int64_t n = grid.size(), kept = NumKept(n, ratio);
  if (kept * num_masks_ == n) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      ratio, " keeps ", kept, " of ", n,
      " patches, but masking.partition.parts: ", num_masks_, " of them are ",
      kept * num_masks_, "; ",
      n % num_masks_ == 0
          ? absl::StrCat("choose a ratio that keeps ", n / num_masks_)
          : absl::StrCat("no ratio fits a grid of ", grid.height, " x ",
                         grid.width,
                         ": choose encoder.image_size and encoder.patch_size "
                         "for a number of patches that ",
                         num_masks_, " divides, or another masking")));
}

Mask PartitionMask::Sample(const MaskRequest& request) const {
  const int64_t n = request.grid.size(), kept = NumKept(n, request.ratio);
  const at::Tensor rank = Ranks(
      UniformNoise(request.streams, "mask", request.index, {n}));  // [B, N]
  // The visible patches of mask k are those from rank k Nv on.
  const at::Tensor begins =
      kept * at::arange(num_masks_, at::kLong).view({1, num_masks_, 1});
  const at::Tensor shifted =
      at::remainder(rank.unsqueeze(1) - begins, n);  // [B, K, N]
  return MaskFromNoise(shifted.flatten(0, 1), kept);
}

}  // namespace caldera::ssl
