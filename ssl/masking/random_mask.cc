#include "ssl/masking/random_mask.h"

#include "ssl/masking/uniform_noise.h"

namespace caldera::ssl {

Mask RandomMask::Sample(const MaskRequest& request) const {
  const int64_t n = request.grid.size();
  return MaskFromNoise(
      UniformNoise(request.streams, "mask", request.index, {n}),  // [B, N]
      NumKept(n, request.ratio));
}

}  // namespace caldera::ssl
