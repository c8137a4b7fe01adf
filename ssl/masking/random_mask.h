// MAE's random masking: every patch is equally likely to stay visible.
//
//   Mask mask = RandomMask().Sample(request);
#ifndef CALDERA_SSL_MASKING_RANDOM_MASK_H_
#define CALDERA_SSL_MASKING_RANDOM_MASK_H_

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {

class RandomMask : public MaskSampler {
 public:
  Mask Sample(const MaskRequest& request) const override;
};

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_RANDOM_MASK_H_
