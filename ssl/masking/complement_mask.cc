#include "ssl/masking/complement_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "ssl/masking/random_mask.h"

namespace caldera::ssl {

Mask ComplementMask::Sample(const MaskRequest& request) const {
  const int64_t n = request.grid.size();
  const at::Tensor noise =
      MaskNoise(request.streams, request.index, n);       // [B, N]
  const at::Tensor both = at::stack({noise, -noise}, 1);  // [B, 2, N]
  return MaskFromNoise(both.flatten(0, 1), NumKept(n, request.ratio));
}

}  // namespace caldera::ssl
