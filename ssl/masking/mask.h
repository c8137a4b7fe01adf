// Which patches of each image the encoder sees.
//
//   Mask mask = MaskFromNoise(noise, NumKept(49, 0.75));  // 12 of 49 stay
//   encoder->forward(images, mask.ids_keep);
//
// Where an image has K masks they are folded into the batch: the rows of image
// b are b K to b K + K - 1, so that batches cut and join by rows.
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

// int(N * (1 - ratio)), computed in double as the official code does: 100
// patches at 0.9 keep 9, where float would keep 10.
int64_t NumKept(int64_t num_patches, double mask_ratio);

// Keeps the `num_kept` patches of lowest noise, in its order; patches of equal
// noise stay in image order. noise: [B*K, N].
// Source: facebookresearch/mae, models_mae.py, random_masking.
Mask MaskFromNoise(const at::Tensor& noise, int64_t num_kept);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_MASK_H_
