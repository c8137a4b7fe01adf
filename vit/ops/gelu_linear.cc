#include "vit/ops/gelu_linear.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/mm.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstddef>
#include <optional>

#include "vit/ops/add_linear.h"
#include "vit/ops/first_derivative.h"
#include "vit/ops/gelu.h"
#include "vit/ops/plain_ops.h"

namespace caldera::vit {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr char kHasBias[] = "has_bias", kHasResidual[] = "has_residual";

at::Tensor Apply(const Linear& linear, const at::Tensor& x,
                 const at::Tensor& residual) {
  return residual.defined() ? AddLinear(residual, linear, x)
                            : linear.forward(x);
}

struct GeluLinearFunction : torch::autograd::Function<GeluLinearFunction> {
  // weight, bias: the parameters of `linear`, which computes in the type of
  // `hidden`. An absent bias or residual has no edge in the graph.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden,
                            const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias,
                            const std::optional<at::Tensor>& residual,
                            const Linear* linear) {
    context->saved_data[kHasBias] = bias.has_value();
    context->saved_data[kHasResidual] = residual.has_value();
    context->save_for_backward({hidden, weight});
    return Apply(*linear, Gelu(hidden), residual.value_or(at::Tensor()));
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& grads) {
    CheckFirstDerivative("GELU and a linear layer");
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &hidden = saved[0], &weight = saved[1];
    const at::Tensor grad =  // [M, out]
        grads[0].reshape({-1, weight.size(0)}).to(hidden.scalar_type());
    const GeluPair gelu =  // [M, in] each
        GeluAgain(at::mm(grad, weight.to(hidden.scalar_type())),
                  hidden.reshape({-1, weight.size(1)}));
    variable_list out(5);
    out[0] = gelu.gradient.view(hidden.sizes());
    if (context->needs_input_grad(1)) {
      out[1] = at::mm(grad.t(), gelu.value).to(weight.scalar_type());
    }
    size_t edge = 2;
    if (context->saved_data[kHasBias].toBool() &&
        context->needs_input_grad(edge++)) {
      out[2] = grad.sum(0).to(weight.scalar_type());
    }
    if (context->saved_data[kHasResidual].toBool() &&
        context->needs_input_grad(edge)) {
      out[3] = grads[0];
    }
    return out;
  }
};

}  // namespace

at::Tensor PlainGeluLinear(const at::Tensor& hidden, const Linear& linear,
                           const at::Tensor& residual) {
  return Apply(linear, at::gelu(hidden), residual);
}

at::Tensor GeluLinear(const at::Tensor& hidden, const Linear& linear,
                      const at::Tensor& residual) {
  if (PlainOps::chosen() || !hidden.is_cpu()) {
    return PlainGeluLinear(hidden, linear, residual);
  }
  std::optional<at::Tensor> added;
  if (residual.defined()) added = residual;
  return GeluLinearFunction::apply(hidden, linear.weight,
                                   linear.optional_bias(), added, &linear);
}

}  // namespace caldera::vit
