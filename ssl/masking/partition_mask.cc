#include "ssl/masking/partition_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/remainder.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/masking/random_mask.h"
#include "ssl/masking/ranks.h"

namespace caldera::ssl {

absl::Status PartitionMask::Check(const vit::Grid& grid, double ratio) const {
  RETURN_IF_ERROR(MaskSampler::Check(grid, ratio));
  const int64_t n = grid.size(), kept = NumKept(n, ratio);
  if (kept * parts_ == n) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      ratio, " keeps ", kept, " of ", n,
      " patches, but masking.partition.parts: ", parts_, " of them are ",
      kept * parts_, "; ",
      n % parts_ == 0
          ? absl::StrCat("choose a ratio that keeps ", n / parts_)
          : absl::StrCat("no ratio fits a grid of ", grid.height, " x ",
                         grid.width,
                         ": choose encoder.image_size and encoder.patch_size "
                         "for a number of patches that ",
                         parts_, " divides, or another masking")));
}

Mask PartitionMask::Sample(const MaskRequest& request) const {
  const int64_t n = request.grid.size(), kept = NumKept(n, request.ratio);
  const at::Tensor rank =
      Ranks(MaskNoise(request.streams, request.index, n));  // [B, N]
  // Part k begins with rank k Nv.
  const at::Tensor begins =
      kept * at::arange(parts_, at::kLong).view({1, parts_, 1});
  const at::Tensor shifted =
      at::remainder(rank.unsqueeze(1) - begins, n);  // [B, K, N]
  return MaskFromNoise(shifted.flatten(0, 1), kept);
}

}  // namespace caldera::ssl
