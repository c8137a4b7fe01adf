#ifndef CALDERA_SSL_TERMS_LOCAL_DIMENSION_H_
#define CALDERA_SSL_TERMS_LOCAL_DIMENSION_H_

// The local intrinsic dimension of each sample, from the distances to its
// nearest neighbours in the batch.
//
//   at::Tensor log_lid = LogLocalDimension(features, 64, true);  // [B]
//   loss = loss - 0.01 * log_lid.mean();                         // LDReg
//
// With m the mean distance of the first k - 1 neighbours and w that of the
// k-th, the dimension is m / (w - m): what lies within w of a d-dimensional
// sample is at d / (d + 1) w on average.
//
// Distances below a thousandth of the batch's spread are that thousandth, so
// that copies are finite: a sample among k copies of itself has dimension 1,
// and no gradient.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::ssl {

// features [B, D] -> [B], the logarithms of the estimates, in float32 at least.
// neighbors: k, at least 2; B - 1 where the batch has fewer. Fewer than three
// samples have dimension 1. detach_neighbors: a sample's estimate has no
// gradient to its neighbours. Waits for no device.
// Source: the method of moments of Amsaleg et al., KDD 2015, as HanxunH/LDReg
// has it, lid.py, lid_mom_est.
at::Tensor LogLocalDimension(const at::Tensor& features, int64_t neighbors,
                             bool detach_neighbors);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_LOCAL_DIMENSION_H_
