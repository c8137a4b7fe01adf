#include "data/augment/normalize.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/scalar_tensor.h>
#include <glog/logging.h>

#include <array>

namespace caldera::data {
namespace {

// in: uint8 [B, C, H, W], out: float32 [B, C, H, W], both contiguous.
void NormalizeOnCpu(const at::Tensor& in, const std::vector<double>& mean,
                    const std::vector<double>& std, const at::Tensor& out) {
  const int64_t channels = in.size(1);
  const int64_t plane = in.size(2) * in.size(3);
  std::vector<std::array<float, 256>> table(channels);
  for (int64_t c = 0; c < channels; ++c) {
    for (int v = 0; v < 256; ++v) {
      table[c][v] = static_cast<float>((v / 255.0 - mean[c]) / std[c]);
    }
  }
  const uint8_t* from = in.const_data_ptr<uint8_t>();
  float* to = out.mutable_data_ptr<float>();
  const int64_t planes_a_task = 1 + (1 << 16) / (plane + 1);
  at::parallel_for(
      0, in.size(0) * channels, planes_a_task, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p) {
          const std::array<float, 256>& value = table[p % channels];
          for (int64_t i = p * plane; i < (p + 1) * plane; ++i) {
            to[i] = value[from[i]];
          }
        }
      });
}

}  // namespace

at::Tensor Normalize(const at::Tensor& images, const std::vector<double>& mean,
                     const std::vector<double>& std) {
  CHECK_EQ(images.dim(), 4);
  CHECK(images.scalar_type() == at::kByte) << images.scalar_type();
  const int64_t channels = images.size(1);
  CHECK_EQ(mean.size(), channels);
  CHECK_EQ(std.size(), channels);
  for (const double s : std) CHECK_NE(s, 0);

  at::Tensor out =
      at::empty(images.sizes(), images.options().dtype(at::kFloat));
  if (images.is_cpu()) {
    NormalizeOnCpu(images.contiguous(), mean, std, out);
    return out;
  }
  for (int64_t c = 0; c < channels; ++c) {
    // Computes v * 1/(255 std) - mean/std. Scalars are kernel arguments: a
    // tensor of means would have to be copied to the device.
    at::Tensor to = out.select(1, c);  // [B, H, W]
    at::mul_out(to, images.select(1, c),
                at::scalar_tensor(1 / (255 * std[c]), at::kFloat));
    to.sub_(mean[c] / std[c]);
  }
  return out;
}

}  // namespace caldera::data
