// From bytes to what a model reads.
//
//   at::Tensor x = Normalize(batch.views[0].to(device), info.mean, info.std);
//
// On the CPU one pass over a table of 256 values a channel (so the result is
// the formula's in double, rounded once), with ATen's threads. On another
// device two passes a channel, and no host synchronisation.
#ifndef CALDERA_DATA_AUGMENT_NORMALIZE_H_
#define CALDERA_DATA_AUGMENT_NORMALIZE_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace caldera::data {

// (v / 255 - mean) / std. `images` uint8 [B, C, H, W] -> float32 of that shape,
// contiguous, on the same device; mean and std have C entries, std none of 0.
// CHECKs these.
at::Tensor Normalize(const at::Tensor& images, const std::vector<double>& mean,
                     const std::vector<double>& std);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_NORMALIZE_H_
