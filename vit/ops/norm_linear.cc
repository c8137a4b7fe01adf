#include "vit/ops/norm_linear.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <optional>
#include <tuple>

#include "vit/ops/first_derivative.h"
#include "vit/ops/plain_ops.h"

namespace caldera::vit {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr char kEps[] = "eps", kHasBias[] = "has_bias";

struct NormLinearFunction : torch::autograd::Function<NormLinearFunction> {
  // weight, bias: the parameters of `linear`.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& gain, const at::Tensor& shift,
                            const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, double eps,
                            const Linear* linear) {
    const auto [normed, mean, rstd] =
        at::native_layer_norm(x, {x.size(-1)}, gain, shift, eps);
    context->save_for_backward({x, gain, shift, weight, mean, rstd});
    context->saved_data[kEps] = eps;
    context->saved_data[kHasBias] =
        bias.has_value();  // without one there is no edge
    return linear->forward(normed);
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& grads) {
    CheckFirstDerivative("a norm and a linear layer");
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &gain = saved[1], &shift = saved[2];
    const at::Tensor& weight = saved[3];
    const int64_t dim = x.size(-1);
    const at::Tensor grad = grads[0].reshape({-1, weight.size(0)});  // [M, out]
    const at::ScalarType type = grad.scalar_type();  // the product's
    variable_list out(7);                            // one gradient an input
    if (context->needs_input_grad(3)) {
      const at::Tensor normed =
          std::get<0>(
              at::native_layer_norm(x, {dim}, gain, shift,
                                    context->saved_data[kEps].toDouble()))
              .view({-1, dim});  // [M, D]
      out[3] = at::mm(grad.t(), normed.to(type)).to(weight.scalar_type());
    }
    if (context->saved_data[kHasBias].toBool() &&
        context->needs_input_grad(4)) {
      out[4] = grad.sum(0).to(weight.scalar_type());
    }
    const at::Tensor inner =
        at::mm(grad, weight.to(type)).to(x.scalar_type()).view(x.sizes());
    std::tie(out[0], out[1], out[2]) = at::native_layer_norm_backward(
        inner, x, {dim}, saved[4], saved[5], gain, shift,
        std::array<bool, 3>{context->needs_input_grad(0),
                            context->needs_input_grad(1),
                            context->needs_input_grad(2)});
    return out;
  }
};

}  // namespace

at::Tensor PlainNormLinear(const at::Tensor& x, const LayerNorm& norm,
                           const Linear& linear) {
  return linear.forward(norm.forward(x));
}

at::Tensor NormLinear(const at::Tensor& x, const LayerNorm& norm,
                      const Linear& linear) {
  if (PlainOps::chosen() || !x.is_cpu()) {
    return PlainNormLinear(x, norm, linear);
  }
  return NormLinearFunction::apply(x.contiguous(), norm.weight, norm.bias,
                                   linear.weight, linear.optional_bias(),
                                   norm.eps(), &linear);
}

}  // namespace caldera::vit
