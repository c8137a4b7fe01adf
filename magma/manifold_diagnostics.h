// What a manifold loss saw in its batch: whether the kernel connects anything,
// and whether the features have collapsed.
//
//   ManifoldDiagnostics diagnostics;
//   ManifoldLoss(x, y, options, &diagnostics);
//   if (diagnostics.mean_degree.item<double>() < kDegreeFloor) ...
//
// All are tensors on the features' device, without gradient and of shape []
// where nothing else is said; reading one waits for the device.
#ifndef CALDERA_MAGMA_MANIFOLD_DIAGNOSTICS_H_
#define CALDERA_MAGMA_MANIFOLD_DIAGNOSTICS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "magma/row_block.h"

namespace caldera::magma {

struct ManifoldDiagnostics {
  at::Tensor bandwidth;          // gamma in squared units of x; mean of the e_i
                                 // where it is by row
  at::Tensor degrees;            // [B], sum_j W_ij, the floor left out
  at::Tensor mean_degree;        // of the degrees
  at::Tensor min_degree;         // likewise
  at::Tensor share_below_floor;  // share of the rows whose sum is < 1e-4
  at::Tensor mean_kernel;        // of W_ij off the diagonal
  // (sum_j W_ij)^2 / sum_j W_ij^2, the mean over the rows that have any: B - 1
  // where all weigh the same, 1 where one outweighs the rest.
  at::Tensor effective_neighbours;
  // (sum l)^2 / sum l^2 over the eigenvalues l of the covariance: the number
  // of directions that carry the variance (the participation ratio; needs no
  // decomposition). 0 where all rows are equal.
  at::Tensor effective_rank_x;
  at::Tensor effective_rank_y;
};

// The members of shape [] with their names, for the log: {"bandwidth", ...}
std::vector<std::pair<std::string, at::Tensor>> NameDiagnostics(
    const ManifoldDiagnostics& diagnostics);

// Fills all but `bandwidth`. `kernel`: [b, B], the block's rows, zero diagonal;
// `x`, `y`: [B, D], [B, D'] of about unit scale. Holds one more [b, B] for a
// moment.
void DiagnoseManifold(const at::Tensor& kernel, const at::Tensor& x,
                      const at::Tensor& y, const RowBlock& rows,
                      ManifoldDiagnostics* diagnostics);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_MANIFOLD_DIAGNOSTICS_H_
