#include "vit/ops/add_linear.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/add.h>

#include "vit/ops/plain_ops.h"

namespace caldera::vit {

at::Tensor PlainAddLinear(const at::Tensor& residual, const Linear& linear,
                          const at::Tensor& x) {
  return residual + linear.forward(x);
}

at::Tensor AddLinear(const at::Tensor& residual, const Linear& linear,
                     const at::Tensor& x) {
  if (PlainOps::chosen() || linear.has_compute_type() ||
      !linear.bias.defined()) {
    return PlainAddLinear(residual, linear, x);
  }
  const int64_t out = linear.weight.size(0);
  at::Tensor sum = at::add(residual.reshape({-1, out}), linear.bias);
  sum.addmm_(x.reshape({-1, x.size(-1)}), linear.weight.t());
  return sum.view(residual.sizes());
}

}  // namespace caldera::vit
