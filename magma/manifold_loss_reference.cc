#include "magma/manifold_loss_reference.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/masked_select.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/std.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/trace.h>

namespace caldera::magma {

at::Tensor ManifoldLossReference(const at::Tensor& x, const at::Tensor& y,
                                 const ManifoldLossOptions& options) {
  const int64_t batch = x.size(0);
  const at::Tensor difference = x.unsqueeze(1) - x.unsqueeze(0);  // [B, B, D]
  const at::Tensor d = difference.pow(2).sum(2);                  // [B, B]
  const at::Tensor non_zero = d.masked_select(d != 0);            // [n]
  const at::Tensor scaled =
      options.fixed_gamma.has_value()
          ? d / *options.fixed_gamma
          : d / non_zero.std(/*unbiased=*/true);  // [B, B]
  const at::Tensor identity = at::eye(batch, x.options());
  const at::Tensor w =
      (scaled * -options.rbf_scale).exp() * (1 - identity);  // [B, B]
  const at::Tensor r = (w.sum(1) + kDegreeFloor).rsqrt();    // [B]
  const at::Tensor s = r.unsqueeze(1) * w * r.unsqueeze(0);  // [B, B]
  const at::Tensor form =
      at::matmul(y.t(), at::matmul(identity - s, y));  // [D', D']
  return form.trace() / static_cast<double>(batch * batch);
}

}  // namespace caldera::magma
