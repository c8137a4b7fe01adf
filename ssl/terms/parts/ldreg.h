// The estimate behind LDReg's term, ldreg.cc.
#ifndef CALDERA_SSL_TERMS_PARTS_LDREG_H_
#define CALDERA_SSL_TERMS_PARTS_LDREG_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace caldera::ssl {

// Returns the logarithm of the local intrinsic dimension of each sample, from
// the distances to its nearest neighbours in the batch.
//
//   at::Tensor log_lid = LogLocalDimension(features, 64, true);  // [B]
//   loss = loss - 0.01 * log_lid.mean();                         // LDReg
//
// With m the mean distance of the first k - 1 neighbours and w the distance of
// the k-th, the dimension is m / (w - m): the neighbours within w of a
// d-dimensional sample have a mean distance of d / (d + 1) w.
//
// Distances below a thousandth of the batch's spread are raised to that
// thousandth, so that copies are finite: a sample among k copies of itself has
// dimension 1 and no gradient.
//
// features: [B, D]; returns [B], in float32 at least, without waiting for the
// device. neighbors: k, at least 2, and reduced to B - 1 in smaller batches;
// fewer than three samples have dimension 1. detach_neighbors: a sample's
// estimate has no gradient with respect to its neighbours.
// Source: the method of moments of Amsaleg et al., KDD 2015, as implemented in
// HanxunH/LDReg, lid.py, lid_mom_est.
at::Tensor LogLocalDimension(const at::Tensor& features, int64_t neighbors,
                             bool detach_neighbors);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TERMS_PARTS_LDREG_H_
