#include "vit/ops/linear_rows.h"

#include <ATen/ops/linear.h>

namespace caldera::vit {

at::Tensor LinearRows(const Linear& linear, const at::Tensor& x, int64_t from,
                      int64_t to) {
  const at::Tensor& bias = linear.bias;
  return at::linear(
      linear.Cast(x), linear.Cast(linear.weight.slice(0, from, to)),
      bias.defined() ? linear.Cast(bias.slice(0, from, to)) : bias);
}

}  // namespace caldera::vit
