#include "magma/laplacian.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>

#include "magma/products.h"

namespace caldera::magma {

LaplacianForm ApplyLaplacian(LaplacianKind kind, const at::Tensor& w,
                             const at::Tensor& y, const RowBlock& rows) {
  LaplacianForm form;
  const at::Tensor sums = w.sum(1, /*keepdim=*/true);  // [b, 1]
  at::Tensor own = rows.Own(y);                        // [b, D]
  switch (kind) {
    case LaplacianKind::kSymmetric: {
      const at::Tensor degrees = sums + kDegreeFloor;     // [b, 1]
      const at::Tensor r = rows.Gather(degrees).rsqrt();  // [B, 1]
      const at::Tensor z = y * r;                         // [B, D]
      at::Tensor wz = Product(w, z);                      // [b, D]
      form.left = form.right = z;
      // sides = -q / 2 with q_i = sum_j P_ij / deg_i.
      form.product = rows.Own(z) * wz;  // [b, D], for its sum
      form.sides = rows.Gather(form.product.sum(1) / degrees.squeeze(1) * -0.5);
      at::sub_out(form.product, own, wz.mul_(rows.Own(r)));  // Y - S Y
      break;
    }
    case LaplacianKind::kUnnormalized: {
      // Any constant that is subtracted cancels; the mean keeps rounding small.
      const at::Tensor centred = y - y.mean(0, /*keepdim=*/true);  // [B, D]
      own = rows.Own(centred);
      form.product = own * sums;
      AddProduct(form.product, w, centred, 1, -1);
      form.left = form.right = centred;
      form.sides = centred.square().sum(1) * -0.5;
      break;
    }
    case LaplacianKind::kRandomWalk: {
      const at::Tensor u =
          rows.Gather(sums + kDegreeFloor).reciprocal();  // [B, 1]
      const at::Tensor uy = y * u;                        // [B, D]
      const at::Tensor wy = Product(w, y);                // [b, D]
      const at::Tensor own_u = rows.Own(u);               // [b, 1]
      form.left = y;
      form.right = uy;
      form.sides =
          rows.Gather((rows.Own(uy) * wy).sum(1) * own_u.squeeze(1) * -0.5);
      form.product = own - wy.mul_(own_u * 0.5);
      AddProduct(form.product, w, uy, 1, -0.5);
      break;
    }
  }
  form.value = rows.Sum((own * form.product).sum());
  return form;
}

at::Tensor MinusKernelGradient(LaplacianKind kind, const LaplacianForm& form,
                               const RowBlock& rows) {
  at::Tensor result =
      rows.Own(form.sides).unsqueeze(1) + form.sides.unsqueeze(0);  // [b, B]
  if (kind != LaplacianKind::kRandomWalk) {
    return AddProduct(result, rows.Own(form.left), form.right.t(), 1, 1);
  }
  AddProduct(result, rows.Own(form.left), form.right.t(), 1, 0.5);
  return AddProduct(result, rows.Own(form.right), form.left.t(), 1, 0.5);
}

}  // namespace caldera::magma
