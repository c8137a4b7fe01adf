#include "ssl/masking/random_mask.h"

#include <ATen/ops/empty.h>

namespace caldera::ssl {

at::Tensor MaskNoise(const base::Streams& streams, const at::Tensor& index,
                     int64_t num_patches) {
  const int64_t b = index.size(0);
  at::Tensor noise = at::empty({b, num_patches}, at::kDouble);  // [B, N]
  auto* out = noise.data_ptr<double>();
  const auto* samples = index.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < b; ++i) {
    base::RandomStream stream =
        streams.Sample("mask", static_cast<uint64_t>(samples[i]));
    for (int64_t n = 0; n < num_patches; ++n) *out++ = stream.Uniform();
  }
  return noise;
}

Mask RandomMask::Sample(const MaskRequest& request) const {
  const int64_t n = request.grid.size();
  return MaskFromNoise(MaskNoise(request.streams, request.index, n),
                       NumKept(n, request.ratio));
}

}  // namespace caldera::ssl
