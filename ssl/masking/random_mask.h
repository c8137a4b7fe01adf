#ifndef CALDERA_SSL_MASKING_RANDOM_MASK_H_
#define CALDERA_SSL_MASKING_RANDOM_MASK_H_

// MAE's random masking, drawn per sample from counter-based streams.
//
//   at::Tensor noise = MaskNoise(streams, batch.index, 49);   // [B, 49]
//   Mask mask = MaskFromNoise(noise, NumKept(49, 0.75));      // 12 kept
//
// A sample's mask depends on (seed, step, data set index) alone: not on its
// place in the batch, on threads or on the number of processes.

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "data/random_stream.h"

namespace caldera::ssl {

struct Mask {
  at::Tensor ids_keep;     // int64 [B, Nv], in ascending order of noise
  at::Tensor ids_restore;  // int64 [B, N], from shuffled to image order
  at::Tensor mask;         // float [B, N] in image order, 1 = removed
};

// int(N * (1 - ratio)), computed in double as the official code does: 100
// patches at 0.9 keep 9, where float would keep 10.
int64_t NumKept(int64_t num_patches, double mask_ratio);

// Uniform noise, double [B, N] on the CPU; index: int64 [B] on the CPU.
at::Tensor MaskNoise(const data::Streams& streams, const at::Tensor& index,
                     int64_t num_patches);

// Keeps the `num_kept` patches of lowest noise. noise: [B, N].
// Source: facebookresearch/mae, models_mae.py, random_masking.
Mask MaskFromNoise(const at::Tensor& noise, int64_t num_kept);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_MASKING_RANDOM_MASK_H_
