// The mean and the variance of every dimension of a matrix of features, in
// double, without a copy of the matrix in double.
//
//   at::Tensor mean = ColumnMean(features);             // [D]
//   at::Tensor squares = ColumnSquares(features, mean);  // [D]
//
// ATen converts all of a float matrix before it sums in double. Here some
// columns at a time are converted: each column's sum has the same additions in
// the same order, so the bits are those of features.mean(0, false,
// at::kDouble).
#ifndef CALDERA_EVAL_FEATURES_COLUMN_MOMENTS_H_
#define CALDERA_EVAL_FEATURES_COLUMN_MOMENTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::eval {

// rows: [N, D], floating point, N >= 1. Returns [D] double.
at::Tensor ColumnMean(const at::Tensor& rows);

// Returns the mean over the rows of (row - mean)^2, [D] double, added up over
// blocks of 16,384 rows. mean: [D] double.
at::Tensor ColumnSquares(const at::Tensor& rows, const at::Tensor& mean);

// Returns the bytes that either holds beside `rows` of N x D numbers.
int64_t ColumnMomentsBytes(int64_t rows, int64_t width);

}  // namespace caldera::eval

#endif  // CALDERA_EVAL_FEATURES_COLUMN_MOMENTS_H_
