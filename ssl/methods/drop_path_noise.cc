#include "ssl/methods/drop_path_noise.h"

#include "ssl/masking/uniform_noise.h"

namespace caldera::ssl {

at::Tensor DropPathNoise(const vit::Encoder& encoder,
                         const base::Streams& streams, const at::Tensor& index,
                         absl::string_view purpose) {
  if (!encoder.is_training() || encoder.spec().drop_path() == 0) return {};
  return UniformNoise(streams, purpose, index, {encoder.spec().depth(), 2});
}

}  // namespace caldera::ssl
