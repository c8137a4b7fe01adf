// The mask says which patches of each image the encoder reads.
//
//   Mask mask = MaskFromNoise(noise, NumKept(49, 0.75));  // 12 of 49 stay
//   encoder->forward(images, mask.ids_keep);
//
// If an image has K masks, each is a row of its own: the rows of image b are b
// K to b K + K - 1, so that batches can be sliced and joined by rows.
#ifndef CALDERA_SSL_MASKING_MASK_H_
#define CALDERA_SSL_MASKING_MASK_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::ssl {

struct Mask {
  at::Tensor ids_keep;    // int64 [B*K, Nv], the encoder's order of patches
  at::Tensor ids_remove;  // int64 [B*K, N - Nv], the others
  at::Tensor
      ids_restore;  // int64 [B*K, N], from (kept, removed) to image order
  at::Tensor mask;  // float [B*K, N] in image order, 1 = removed
};

// Calls f(tensor) for each tensor of a mask.
template <typename F>
void ForEachTensor(Mask& mask, const F& f) {
  f(mask.ids_keep);
  f(mask.ids_remove);
  f(mask.ids_restore);
  f(mask.mask);
}

// Returns int(N * (1 - ratio)), computed in double as in the official code: 100
// patches at 0.9 keep 9, where float would keep 10.
int64_t NumKept(int64_t num_patches, double mask_ratio);

// Returns the mask that keeps the `num_kept` patches of lowest noise [B*K, N],
// in ascending order of noise; patches of equal noise stay in image order.
// Source: facebookresearch/mae, models_mae.py, random_masking.
Mask MaskFromNoise(const at::Tensor& noise, int64_t num_kept);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_MASK_H_
