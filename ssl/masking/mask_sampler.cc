#include "ssl/masking/mask_sampler.h"

#include "absl/strings/str_cat.h"

namespace caldera::ssl {

absl::Status MaskSampler::Check(const vit::Grid& grid, double ratio) const {
  if (!(ratio >= 0 && ratio < 1)) {
    return absl::InvalidArgumentError(absl::StrCat(ratio, " is not in [0, 1)"));
  }
  const int64_t patches = grid.size();
  const int64_t kept = NumKept(patches, ratio);
  if (kept >= 1 && kept < patches) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(ratio, " keeps ", kept, " of ", patches,
                   " patches; at least one must stay and one must be removed"));
}

}  // namespace caldera::ssl
