#ifndef CALDERA_SSL_MASKING_PARTITION_MASK_H_
#define CALDERA_SSL_MASKING_PARTITION_MASK_H_

// EMAE's masks: an image's patches are shared out at random among K masks, each
// visible in exactly one (Li et al., Efficient Masked Autoencoders with
// Self-Consistency, arXiv 2302.14431).
//
//   Mask mask = PartitionMask(/*parts=*/4).Sample(request);  // [4 B, ...]
//
// Caveat: a step is K times MAE's of the same batch.

#include <cstdint>

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {

class PartitionMask : public MaskSampler {
 public:
  explicit PartitionMask(int64_t parts) : parts_(parts) {}

  int64_t num_masks() const override { return parts_; }
  bool takes_any_ratio() const override { return false; }
  // The first mask of an image is RandomMask's.
  Mask Sample(const MaskRequest& request) const override;
  // Refuses a ratio that does not keep one K-th of the patches.
  absl::Status Check(const vit::Grid& grid, double ratio) const override;

 private:
  int64_t parts_;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_PARTITION_MASK_H_
