// Squared distances between the rows of a feature matrix, accurate in fp32.
//
//   ScaledFeatures x = ScaleFeatures(features);              // [B, D]
//   SquaredDistances d = ComputeSquaredDistances(x.values);  // [B, B]
//
// Distances come from one matrix product, |a|^2 + |b|^2 - 2 ab. Two things
// make that safe: the features are centred first (an offset would cancel only
// after rounding), and rows that are equal bit for bit are found by an integer
// fingerprint, so that their distance is exactly 0 on any device whatever
// order the product sums in. No call here waits for the device.
#ifndef CALDERA_MAGMA_SQUARED_DISTANCES_H_
#define CALDERA_MAGMA_SQUARED_DISTANCES_H_

#include <ATen/core/Tensor.h>

namespace caldera::magma {

struct ScaledFeatures {
  at::Tensor values;  // [B, D], features / scale
  at::Tensor scale;   // [], a power of two near the largest |feature|
  at::Tensor poison;  // [], 0; NaN if a feature is NaN or infinite
};

// `features`: [B, D], float or double. Scaling by a power of two is exact; it
// keeps squares of squares (the variance of the distances) inside fp32's range
// however large or small the features are.
ScaledFeatures ScaleFeatures(const at::Tensor& features);

struct SquaredDistances {
  at::Tensor values;   // [B, B], >= 0, exactly 0 where `same`
  at::Tensor same;     // [B, B] bool, rows equal bit for bit; true on diagonal
  at::Tensor centred;  // [B, D], the features less their mean
};

// `features`: [B, D], float or double, of about unit scale.
SquaredDistances ComputeSquaredDistances(const at::Tensor& features);

// [a_i . b_j + left_i + right_j] as one matrix product: [B, B]. The two
// additions ride along as two more columns, which saves passes over B x B.
// `a`, `b`: [B, D]; `left`, `right`: [B].
at::Tensor ProductPlusSides(const at::Tensor& a, const at::Tensor& b,
                            const at::Tensor& left, const at::Tensor& right);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_SQUARED_DISTANCES_H_
