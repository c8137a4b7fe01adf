// Diagnostics of a manifold loss: they tell whether the kernel connects any
// rows of the batch, and whether the features have collapsed.
//
//   ManifoldDiagnostics diagnostics;
//   ManifoldLoss(x, y, options, &diagnostics);
//   if (diagnostics.mean_degree.item<double>() < kDegreeFloor) ...
//
// All are tensors on the features' device, without gradient, and of shape []
// unless another shape is given; reading one waits for the device.
#ifndef CALDERA_MAGMA_MANIFOLD_DIAGNOSTICS_H_
#define CALDERA_MAGMA_MANIFOLD_DIAGNOSTICS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "magma/row_block.h"

namespace caldera::magma {

struct ManifoldDiagnostics {
  at::Tensor bandwidth;          // gamma in squared units of x; the mean of the
                                 // e_i where gamma is by row
  at::Tensor degrees;            // [B], sum_j W_ij, the floor left out
  at::Tensor mean_degree;        // mean of the degrees
  at::Tensor min_degree;         // smallest of the degrees
  at::Tensor share_below_floor;  // share of the rows whose degree is < 1e-4
  at::Tensor mean_kernel;        // mean of the W_ij off the diagonal
  // The mean of (sum_j W_ij)^2 / sum_j W_ij^2 over the rows with a neighbour: B
  // - 1 where all neighbours weigh the same, 1 where one outweighs the rest.
  at::Tensor effective_neighbours;
  // The participation ratio (sum l)^2 / sum l^2 over the eigenvalues l of the
  // covariance: the number of directions that carry the variance. It needs no
  // decomposition. 0 where all rows are equal.
  at::Tensor effective_rank_x;
  at::Tensor effective_rank_y;
};

// Returns the members of shape [] with their names, for the log: {"bandwidth",
// ...}.
std::vector<std::pair<std::string, at::Tensor>> NameDiagnostics(
    const ManifoldDiagnostics& diagnostics);

// Fills all members except `bandwidth`. `kernel`: [b, B], the block's rows,
// with zero diagonal; `x`, `y`: [B, D], [B, D'] of about unit scale. It
// allocates one more [b, B] temporarily.
void DiagnoseManifold(const at::Tensor& kernel, const at::Tensor& x,
                      const at::Tensor& y, const RowBlock& rows,
                      ManifoldDiagnostics* diagnostics);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_MANIFOLD_DIAGNOSTICS_H_
