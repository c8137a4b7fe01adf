// Normalizes bytes to the input of a model.
//
//   at::Tensor x = Normalize(batch.views[0].to(device), info.mean, info.std);
//
// On the CPU, this is one pass with a table of 256 values per channel (so that
// the result is the formula in double, rounded once), on ATen's threads. On
// another device, it is two passes per channel without host synchronisation.
#ifndef CALDERA_DATA_AUGMENT_NORMALIZE_H_
#define CALDERA_DATA_AUGMENT_NORMALIZE_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace caldera::data {

// Returns (v / 255 - mean) / std of `images`, uint8 [B, C, H, W], as contiguous
// float32 of that shape on the same device. CHECKs that mean and std have C
// entries and that no std is 0.
at::Tensor Normalize(const at::Tensor& images, const std::vector<double>& mean,
                     const std::vector<double>& std);

}  // namespace caldera::data

#endif  // CALDERA_DATA_AUGMENT_NORMALIZE_H_
