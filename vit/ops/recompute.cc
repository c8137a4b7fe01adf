#include "vit/ops/recompute.h"

#include <ATen/core/grad_mode.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <utility>

#include "vit/ops/first_derivative.h"
#include "vit/ops/plain_ops.h"

namespace caldera::vit {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr char kClosure[] = "closure";

struct Closure : torch::CustomClassHolder {
  TensorFunction function;
  variable_list parameters;
};

struct RecomputeFunction : torch::autograd::Function<RecomputeFunction> {
  // Parameters are inputs too, so that their gradients flow through the graph
  // and not past it into .grad. The lists are at::TensorList because autograd
  // does not find tensors inside a std::vector.
  static at::Tensor forward(AutogradContext* context, at::TensorList inputs,
                            at::TensorList parameters,
                            const TensorFunction& function) {
    auto closure = c10::make_intrusive<Closure>();
    closure->function = function;
    closure->parameters = parameters.vec();
    context->saved_data[kClosure] = c10::IValue::make_capsule(closure);
    context->save_for_backward(inputs.vec());
    return function(inputs.vec());
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& grads) {
    CheckFirstDerivative("recomputed blocks");
    const auto closure = c10::static_intrusive_pointer_cast<Closure>(
        context->saved_data[kClosure].toCapsule());
    variable_list inputs = context->get_saved_variables();
    for (size_t i = 0; i < inputs.size(); ++i) {
      inputs[i] =
          inputs[i].detach().requires_grad_(context->needs_input_grad(i));
    }
    at::Tensor y;
    {
      const at::AutoGradMode with_grad(true);
      y = closure->function(inputs);
    }
    inputs.insert(inputs.end(), closure->parameters.begin(),
                  closure->parameters.end());
    variable_list wanted;
    for (const at::Tensor& input : inputs) {
      if (input.requires_grad()) wanted.push_back(input);
    }
    const variable_list found =
        torch::autograd::grad({y}, wanted, grads, /*retain_graph=*/false,
                              /*create_graph=*/false, /*allow_unused=*/true);
    variable_list out(inputs.size() + 1);  // none for the function
    for (size_t i = 0, next = 0; i < inputs.size(); ++i) {
      if (inputs[i].requires_grad()) out[i] = found[next++];
    }
    return out;
  }
};

}  // namespace

at::Tensor Recompute(TensorFunction function,
                     const std::vector<at::Tensor>& inputs,
                     const std::vector<at::Tensor>& parameters) {
  if (PlainOps::chosen()) return function(inputs);
  return RecomputeFunction::apply(
      at::TensorList(inputs), at::TensorList(parameters), std::move(function));
}

}  // namespace caldera::vit
