#include "ssl/masking/random_mask.h"

#include <ATen/ops/argsort.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>

namespace caldera::ssl {

int64_t NumKept(int64_t num_patches, double mask_ratio) {
  return static_cast<int64_t>(static_cast<double>(num_patches) *
                              (1.0 - mask_ratio));
}

at::Tensor MaskNoise(const data::Streams& streams, const at::Tensor& index,
                     int64_t num_patches) {
  const int64_t b = index.size(0);
  at::Tensor noise = at::empty({b, num_patches}, at::kDouble);  // [B, N]
  auto* out = noise.data_ptr<double>();
  const auto* samples = index.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < b; ++i) {
    data::RandomStream stream =
        streams.Sample("mask", static_cast<uint64_t>(samples[i]));
    for (int64_t n = 0; n < num_patches; ++n) *out++ = stream.Uniform();
  }
  return noise;
}

Mask MaskFromNoise(const at::Tensor& noise, int64_t num_kept) {
  const at::Tensor ids_shuffle =
      at::argsort(noise, /*stable=*/true, /*dim=*/1);  // [B, N]
  Mask out;
  out.ids_keep = ids_shuffle.slice(1, 0, num_kept).contiguous();  // [B, Nv]
  out.ids_restore =
      at::argsort(ids_shuffle, /*stable=*/true, /*dim=*/1);  // [B, N]
  out.mask = at::ones(noise.sizes(), noise.options().dtype(at::kFloat));
  out.mask.scatter_(1, out.ids_keep, 0);
  return out;
}

}  // namespace caldera::ssl
