// The manifold loss as its authors write it: slow, obvious, differentiated by
// autograd. The tests compare the closed form of manifold_loss.h with it.
//
//   at::Tensor loss = ManifoldLossReference(x, y, {});  // double for accuracy
//
// It implements every option. It expands a [B, B, D] tensor: 201 MB at B = 256,
// D = 768 in fp32, several times over with the gradient. Like the authors' code
// it returns NaN where gamma is 0 (B = 2, all rows equal), and mistakes
// rounding for a distance: compare it only where equal rows are equal bit for
// bit.
#ifndef CALDERA_MAGMA_MANIFOLD_LOSS_REFERENCE_H_
#define CALDERA_MAGMA_MANIFOLD_LOSS_REFERENCE_H_

#include <ATen/core/Tensor.h>

#include "magma/manifold_loss.h"

namespace caldera::magma {

// Returns the loss, [], of `x` [B, D] and `y` [B, D'], which have one type, in
// that type.
at::Tensor ManifoldLossReference(const at::Tensor& x, const at::Tensor& y,
                                 const ManifoldLossOptions& options);

}  // namespace caldera::magma

#endif  // CALDERA_MAGMA_MANIFOLD_LOSS_REFERENCE_H_
