// Computes squared distances between the rows of a feature matrix, accurate in
// fp32.
//
//   ScaledFeatures x = ScaleFeatures(features);                   // [B, D]
//   SquaredDistances d = ComputeSquaredDistances(x.values, rows);  // [b, B]
//
// Distances come from one matrix product, |a|^2 + |b|^2 - 2 ab. Two things make
// that safe: the features are centred first (an offset would cancel only after
// rounding), and rows that are equal bit for bit are found by an integer
// fingerprint, so that their distance is exactly 0 on any device, whatever the
// product's order of summation. No function waits for the device.
#ifndef CALDERA_MAGMA_SQUARED_DISTANCES_H_
#define CALDERA_MAGMA_SQUARED_DISTANCES_H_

#include <ATen/core/Tensor.h>

#include "magma/row_block.h"

namespace caldera::magma {

struct ScaledFeatures {
  at::Tensor values;  // [B, D], features / scale
  at::Tensor scale;   // [], a power of two near the largest |feature|
  at::Tensor poison;  // [], 0; NaN if a feature is NaN or infinite
};

// Scales `features`, [B, D], float or double. Scaling by a power of two is
// exact; it keeps squares of squares (the variance of the distances) inside
// fp32's range however large or small the features are.
ScaledFeatures ScaleFeatures(const at::Tensor& features);

struct SquaredDistances {
  at::Tensor values;     // [b, B], >= 0, exactly 0 where rows are equal
  at::Tensor different;  // [b, B], 0 where rows are equal bit for bit, else 1
};

// Returns the distances from the block's rows to all rows. `features`: [B, D],
// contiguous float or double, of about unit scale and without -0, as
// ScaleFeatures returns them. Their mean is subtracted in place.
SquaredDistances ComputeSquaredDistances(at::Tensor& features,
                                         const RowBlock& rows);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_SQUARED_DISTANCES_H_
