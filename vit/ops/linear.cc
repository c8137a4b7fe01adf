#include "vit/ops/linear.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>

namespace caldera::vit {

Linear::Linear(int64_t in, int64_t out, bool with_bias)
    : Linear(at::IntArrayRef{out, in}, with_bias) {}

Linear::Linear(at::IntArrayRef weight_sizes, bool with_bias) {
  weight = register_parameter("weight", at::empty(weight_sizes));
  if (with_bias) {
    bias = register_parameter("bias", at::empty({weight_sizes[0]}));
  }
}

at::Tensor Linear::Cast(const at::Tensor& tensor) const {
  return tensor.defined() && type_.has_value() ? tensor.to(*type_) : tensor;
}

at::Tensor Linear::forward(const at::Tensor& x) const {
  return at::linear(Cast(x), Cast(weight.flatten(1)), Cast(bias));
}

at::Tensor Linear::ForwardRows(const at::Tensor& x, int64_t from,
                               int64_t to) const {
  return at::linear(Cast(x), Cast(weight.slice(0, from, to)),
                    bias.defined() ? Cast(bias.slice(0, from, to)) : bias);
}

at::Tensor Linear::ForwardTransposed(const at::Tensor& x) const {
  return at::linear(Cast(x), Cast(weight.flatten(1)).t());
}

at::Tensor Linear::ForwardAdd(const at::Tensor& residual,
                              const at::Tensor& x) const {
  if (type_.has_value() || !bias.defined()) return residual + forward(x);
  // The matrix product is added to residual + bias in place; otherwise the bias
  // and the sum would take a pass each.
  const int64_t out = weight.size(0);
  at::Tensor sum = at::add(residual.reshape({-1, out}), bias);
  sum.addmm_(x.reshape({-1, x.size(-1)}), weight.t());
  return sum.view(residual.sizes());
}

void SetComputeType(torch::nn::Module& module,
                    std::optional<at::ScalarType> type) {
  if (auto* linear = dynamic_cast<Linear*>(&module)) {
    linear->set_compute_type(type);
  }
  for (const auto& child : module.children()) SetComputeType(*child, type);
}

}  // namespace caldera::vit
