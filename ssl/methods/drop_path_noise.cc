#include "ssl/methods/drop_path_noise.h"

#include <ATen/ops/empty.h>

namespace caldera::ssl {

at::Tensor DropPathNoise(const vit::Encoder& encoder,
                         const base::Streams& streams, const at::Tensor& index,
                         absl::string_view purpose) {
  if (!encoder.is_training() || encoder.spec().drop_path() == 0) return {};
  const int64_t b = index.size(0), depth = encoder.spec().depth();
  at::Tensor noise = at::empty({b, depth, 2}, at::kDouble);
  auto* out = noise.data_ptr<double>();
  const auto* samples = index.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < b; ++i) {
    base::RandomStream stream =
        streams.Sample(purpose, static_cast<uint64_t>(samples[i]));
    for (int64_t n = 0; n < 2 * depth; ++n) *out++ = stream.Uniform();
  }
  return noise;
}

}  // namespace caldera::ssl
