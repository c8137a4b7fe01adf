#include "ssl/masking/uniform_noise.h"

#include <ATen/ops/empty.h>

#include <vector>

namespace caldera::ssl {

at::Tensor UniformNoise(const base::Streams& streams, absl::string_view purpose,
                        const at::Tensor& index, at::IntArrayRef sizes) {
  const int64_t b = index.size(0);
  std::vector<int64_t> shape{b};
  int64_t count = 1;  // of one sample
  for (const int64_t size : sizes) {
    shape.push_back(size);
    count *= size;
  }
  at::Tensor noise = at::empty(shape, at::kDouble);
  auto* out = noise.data_ptr<double>();
  const auto* samples = index.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < b; ++i) {
    base::RandomStream stream =
        streams.Sample(purpose, static_cast<uint64_t>(samples[i]));
    for (int64_t n = 0; n < count; ++n) *out++ = stream.Uniform();
  }
  return noise;
}

}  // namespace caldera::ssl
