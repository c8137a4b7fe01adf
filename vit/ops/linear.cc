#include "vit/ops/linear.h"

#include <ATen/ops/linear.h>

#include "vit/parameter.h"

namespace caldera::vit {

Linear::Linear(int64_t in, int64_t out, bool with_bias)
    : Linear(at::IntArrayRef{out, in}, with_bias) {}

Linear::Linear(at::IntArrayRef weight_sizes, bool with_bias) {
  weight = register_parameter("weight", NewParameter(weight_sizes));
  if (with_bias) {
    bias = register_parameter("bias", NewParameter({weight_sizes[0]}));
  }
}

at::Tensor Linear::Cast(const at::Tensor& tensor) const {
  return tensor.defined() && type_.has_value() ? tensor.to(*type_) : tensor;
}

at::Tensor Linear::forward(const at::Tensor& x) const {
  return at::linear(Cast(x), Cast(weight.flatten(1)), Cast(bias));
}

at::Tensor LinearRows(const Linear& linear, const at::Tensor& x, int64_t from,
                      int64_t to) {
  const at::Tensor& bias = linear.bias;
  return at::linear(
      linear.Cast(x), linear.Cast(linear.weight.slice(0, from, to)),
      bias.defined() ? linear.Cast(bias.slice(0, from, to)) : bias);
}

void SetComputeType(torch::nn::Module& module,
                    std::optional<at::ScalarType> type) {
  if (auto* linear = dynamic_cast<Linear*>(&module)) {
    linear->set_compute_type(type);
  }
  for (const auto& child : module.children()) SetComputeType(*child, type);
}

}  // namespace caldera::vit
