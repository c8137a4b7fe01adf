#include "ssl/corruption/image_noise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>

namespace caldera::ssl {

at::Tensor ImageNoise(const base::Streams& streams, const at::Tensor& index,
                      const std::array<int64_t, 3>& sizes) {
  const int64_t b = index.size(0);
  at::Tensor noise = at::empty({b, sizes[0], sizes[1], sizes[2]}, at::kFloat);
  const auto* samples = index.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < b; ++i) {
    const uint64_t seed =
        streams.Sample("noise", static_cast<uint64_t>(samples[i])).NextU64();
    noise[i].normal_(0, 1, at::make_generator<at::CPUGeneratorImpl>(seed));
  }
  return noise;
}

}  // namespace caldera::ssl
