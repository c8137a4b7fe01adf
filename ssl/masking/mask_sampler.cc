#include "ssl/masking/mask_sampler.h"

#include "absl/strings/str_cat.h"

namespace caldera::ssl {

std::vector<at::Tensor> MaskSampler::Draw(const MaskRequest& request) const {
  const Mask mask = Sample(request);
  return {mask.ids_keep, mask.ids_remove, mask.ids_restore, mask.mask};
}

Mask MaskSampler::Finish(const std::vector<at::Tensor>& draws,
                         const at::Tensor& /*scores*/,
                         int64_t /*num_kept*/) const {
  return {draws[0], draws[1], draws[2], draws[3]};
}

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
