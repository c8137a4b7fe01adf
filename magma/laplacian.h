// Computes the quadratic form trace(Y^T Lap Y) of a kernel's graph Laplacian,
// and its gradients.
//
//   LaplacianForm form = ApplyLaplacian(kind, w, y, rows);  // w [b, B]
//   form.value;                             // trace(Y^T Lap Y)
//   form.product * 2;                       // its gradient by the block's y
//   MinusKernelGradient(kind, form, rows);  // minus its gradient by w
#ifndef CALDERA_MAGMA_LAPLACIAN_H_
#define CALDERA_MAGMA_LAPLACIAN_H_

#include <ATen/core/Tensor.h>

#include "magma/manifold_loss_options.h"
#include "magma/row_block.h"

namespace caldera::magma {

struct LaplacianForm {
  at::Tensor value;    // [], trace(Y^T Lap Y)
  at::Tensor product;  // [b, D], the block's rows of (Lap + Lap^T) / 2 Y
  // The summands of the gradient by the kernel.
  at::Tensor left;   // [B, D]
  at::Tensor right;  // [B, D]
  at::Tensor sides;  // [B]
};

// Returns the form for a kernel `w`: [b, B], the block's rows of a symmetric
// matrix with zero diagonal. `y`: [B, D], all rows.
LaplacianForm ApplyLaplacian(LaplacianKind kind, const at::Tensor& w,
                             const at::Tensor& y, const RowBlock& rows);

// Returns -d value / d w_ij, [b, B]: the mean of the derivatives by w_ij and
// w_ji, taken as independent variables. The diagonal has no meaning.
at::Tensor MinusKernelGradient(LaplacianKind kind, const LaplacianForm& form,
                               const RowBlock& rows);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_LAPLACIAN_H_
