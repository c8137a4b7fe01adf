// Computes the bandwidth of the kernel, by which squared distances are divided,
// and the gradient through it.
//
//   Bandwidth gamma =
//       MeasureBandwidth(distances, options, scale, rows, scratch);
//   DivideByBandwidth(distances.values, gamma, -s, w);  // -s d / gamma
//   ...
//   AddBandwidthGradient(gamma, options, rows, distances, t, scratch);
//
// No function waits for the device: counts and medians stay tensors, and rows
// are excluded by masks, not by boolean indexing.
#ifndef CALDERA_MAGMA_BANDWIDTH_H_
#define CALDERA_MAGMA_BANDWIDTH_H_

#include <ATen/core/Tensor.h>

#include "magma/manifold_loss_options.h"
#include "magma/row_block.h"
#include "magma/squared_distances.h"

namespace caldera::magma {

// Returns true if a process can compute with its block of rows and exchanged
// sums. That is impossible for an order statistic of all distances, where a
// row's gradient reaches other rows, and for a sparse kernel (d_ij and d_ji,
// each from its own product, may differ in the last bit and so disagree on who
// is near).
bool ByBlocksOfRows(const ManifoldLossOptions& options);

struct Bandwidth {
  // Either one gamma for all pairs, [], or e_i with gamma_ij = sqrt(e_i e_j),
  // [B]. It has the units of the distances and is always above 0.
  at::Tensor gamma;
  at::Tensor count;      // [], the number of distances that are not 0
  at::Tensor mean;       // [], their mean (kBatchStd, kBatchMean)
  at::Tensor neighbour;  // [B] int64, the row at distance e_i

  bool by_row() const { return gamma.dim() == 1; }
};

// Returns the bandwidth that `options` ask for. `scale`: [], by which the
// features were divided; `options.fixed_gamma` is in units of the undivided
// ones. `scratch`: [b, B], overwritten.
//
// Where gamma would be 0 (all rows equal; all distances equal, for kBatchStd)
// it is a positive number so small that distances above 0 still get a kernel
// value of exactly 0.
Bandwidth MeasureBandwidth(const SquaredDistances& distances,
                           const ManifoldLossOptions& options,
                           const at::Tensor& scale, const RowBlock& rows,
                           at::Tensor& scratch);

// Computes out_ij = factor matrix_ij / gamma_ij, all [b, B]; `out` may be
// `matrix`.
void DivideByBandwidth(const at::Tensor& matrix, const Bandwidth& bandwidth,
                       double factor, at::Tensor& out);

// Adds the gradient through gamma to the gradient with respect to the
// distances. `t`: [b, B], gamma dL/dd_ij at a fixed gamma (dL/dd_ij itself for
// a bandwidth by row). `distances.values` and `scratch` [b, B] are overwritten.
void AddBandwidthGradient(const Bandwidth& bandwidth,
                          const ManifoldLossOptions& options,
                          const RowBlock& rows, SquaredDistances& distances,
                          at::Tensor& t, at::Tensor& scratch);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_BANDWIDTH_H_
