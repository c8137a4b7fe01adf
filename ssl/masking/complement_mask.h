#ifndef CALDERA_SSL_MASKING_COMPLEMENT_MASK_H_
#define CALDERA_SSL_MASKING_COMPLEMENT_MASK_H_

// Two random masks of each image that share as little as the ratio allows.
//
//   Mask mask = ComplementMask().Sample(request);  // [2 B, ...]
//
// The first keeps the patches of lowest noise, the second those of highest. At
// a ratio of 0.5 or more no patch is visible in both; below it no patch is
// removed in both. At 0.5 of an even number one is the complement of the other.

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {

class ComplementMask : public MaskSampler {
 public:
  int64_t num_masks() const override { return 2; }
  // The first mask of an image is RandomMask's.
  Mask Sample(const MaskRequest& request) const override;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_COMPLEMENT_MASK_H_
