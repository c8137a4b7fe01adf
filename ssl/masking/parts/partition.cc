// EMAE's masks: the patches of an image are divided at random among K masks,
// and each patch is visible in exactly one of them (Li et al., Efficient Masked
// Autoencoders with Self-Consistency, arXiv 2302.14431).
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/remainder.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/masking/mask_sampler.h"
#include "ssl/masking/ranks.h"
#include "ssl/masking/uniform_noise.h"

namespace caldera::ssl {
namespace {

class PartitionMask : public MaskSampler {
 public:
  explicit PartitionMask(int64_t num_masks) : num_masks_(num_masks) {}

  int64_t num_masks() const override { return num_masks_; }
  bool takes_any_ratio() const override { return false; }
  // The first mask of an image is that of the random sampler.
  Mask Sample(const MaskRequest& request) const override;
  // Refuses a ratio that does not keep one K-th of the patches.
  absl::Status Check(const vit::Grid& grid, double ratio) const override;

 private:
  int64_t num_masks_;  // K
};

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

const bool kPartition = MaskSamplerPart::Register<PartitionMaskSpec>(
    {"partition", "Each patch is visible in one of K masks (EMAE)."},
    [](const PartitionMaskSpec& spec) {
      return std::make_unique<PartitionMask>(spec.parts());
    });

}  // namespace
}  // namespace caldera::ssl
