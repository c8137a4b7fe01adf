#ifndef CALDERA_SSL_MASKING_RANDOM_MASK_H_
#define CALDERA_SSL_MASKING_RANDOM_MASK_H_

// MAE's random masking: every patch is as likely to stay.
//
//   Mask mask = RandomMask().Sample(request);

#include <ATen/core/Tensor.h>

#include "ssl/masking/mask_sampler.h"

namespace caldera::ssl {

class RandomMask : public MaskSampler {
 public:
  Mask Sample(const MaskRequest& request) const override;
};

// Uniform noise, double [B, N] on the CPU: a sample's row is the beginning of
// its stream. index: int64 [B] on the CPU.
at::Tensor MaskNoise(const base::Streams& streams, const at::Tensor& index,
                     int64_t num_patches);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_RANDOM_MASK_H_
