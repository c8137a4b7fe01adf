// The quadratic form trace(Y^T Lap Y) of a kernel's graph Laplacian, and its
// gradients.
//
//   LaplacianForm form = ApplyLaplacian(kind, w, y);  // w [B, B], y [B, D]
//   form.value;                                       // trace(Y^T Lap Y)
//   form.product * 2;                                 // its gradient by y
//   MinusKernelGradient(kind, form);                  // less that by w
#ifndef CALDERA_MAGMA_LAPLACIAN_H_
#define CALDERA_MAGMA_LAPLACIAN_H_

#include <ATen/core/Tensor.h>

#include "magma/manifold_loss_options.h"

namespace caldera::magma {

struct LaplacianForm {
  at::Tensor value;    // [], trace(Y^T Lap Y)
  at::Tensor product;  // [B, D], (Lap + Lap^T) / 2 Y
  // What the gradient by the kernel is made of.
  at::Tensor left;   // [B, D]
  at::Tensor right;  // [B, D]
  at::Tensor sides;  // [B]
};

// `w`: [B, B], symmetric, zero diagonal; `y`: [B, D].
LaplacianForm ApplyLaplacian(LaplacianKind kind, const at::Tensor& w,
                             const at::Tensor& y);

// -d value / d w_ij, [B, B]: the mean of the derivatives by w_ij and w_ji,
// each taken for itself. The diagonal means nothing.
at::Tensor MinusKernelGradient(LaplacianKind kind, const LaplacianForm& form);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_LAPLACIAN_H_
