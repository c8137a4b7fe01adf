#include "magma/laplacian.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>

namespace caldera::magma {

LaplacianForm ApplyLaplacian(LaplacianKind kind, const at::Tensor& w,
                             const at::Tensor& y) {
  LaplacianForm form;
  const at::Tensor sums = w.sum(1, /*keepdim=*/true);  // [B, 1]
  const at::Tensor degrees = sums + kDegreeFloor;      // [B, 1]
  at::Tensor centred;                                  // [B, D]
  switch (kind) {
    case LaplacianKind::kSymmetric: {
      const at::Tensor r = degrees.rsqrt();  // [B, 1]
      const at::Tensor z = y * r;            // [B, D]
      at::Tensor wz = at::mm(w, z);          // [B, D]
      form.left = form.right = z;
      // -q / 2, q_i = sum_j P_ij / deg_i.
      form.product = z * wz;  // [B, D], for its sum
      form.sides = form.product.sum(1) / degrees.squeeze(1) * -0.5;
      at::sub_out(form.product, y, wz.mul_(r));  // Y - S Y
      break;
    }
    case LaplacianKind::kUnnormalized:
      // Any constant cancels; the mean keeps rounding small.
      centred = y - y.mean(0, /*keepdim=*/true);
      form.product = (centred * sums).addmm_(w, centred, 1, -1);
      form.left = form.right = centred;
      form.sides = centred.square().sum(1) * -0.5;
      break;
    case LaplacianKind::kRandomWalk: {
      const at::Tensor u = degrees.reciprocal();  // [B, 1]
      const at::Tensor uy = y * u;                // [B, D]
      const at::Tensor wy = at::mm(w, y);         // [B, D]
      form.left = y;
      form.right = uy;
      form.sides = (uy * wy).sum(1) * u.squeeze(1) * -0.5;
      form.product = (y - wy.mul_(u * 0.5)).addmm_(w, uy, 1, -0.5);
      break;
    }
  }
  form.value = ((centred.defined() ? centred : y) * form.product).sum();
  return form;
}

at::Tensor MinusKernelGradient(LaplacianKind kind, const LaplacianForm& form) {
  at::Tensor result =
      form.sides.unsqueeze(1) + form.sides.unsqueeze(0);  // [B, B]
  if (kind != LaplacianKind::kRandomWalk) {
    return result.addmm_(form.left, form.right.t());
  }
  result.addmm_(form.left, form.right.t(), 1, 0.5);
  return result.addmm_(form.right, form.left.t(), 1, 0.5);
}

}  // namespace caldera::magma
