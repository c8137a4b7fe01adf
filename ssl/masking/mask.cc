#include "ssl/masking/mask.h"

#include <ATen/ops/argsort.h>
#include <ATen/ops/ones.h>

namespace caldera::ssl {

int64_t NumKept(int64_t num_patches, double mask_ratio) {
  return static_cast<int64_t>(static_cast<double>(num_patches) *
                              (1.0 - mask_ratio));
}

Mask MaskFromNoise(const at::Tensor& noise, int64_t num_kept) {
  const at::Tensor ids_shuffle =
      at::argsort(noise, /*stable=*/true, /*dim=*/1);  // [B*K, N]
  Mask out;
  out.ids_keep = ids_shuffle.slice(1, 0, num_kept).contiguous();
  out.ids_remove = ids_shuffle.slice(1, num_kept);
  out.ids_restore = at::argsort(ids_shuffle, /*stable=*/true, /*dim=*/1);
  out.mask = at::ones(noise.sizes(), noise.options().dtype(at::kFloat));
  out.mask.scatter_(1, out.ids_keep, 0);
  return out;
}

}  // namespace caldera::ssl
