#include "vit/ops/add_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <array>
#include <optional>
#include <tuple>

#include "vit/ops/add_norm_row.h"
#include "vit/ops/first_derivative.h"
#include "vit/ops/plain_ops.h"

namespace caldera::vit {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using FourTensors = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

constexpr char kBranchType[] = "branch_type";

// Returns sum (undefined without a branch), normed, and mean and rstd [..., 1].
FourTensors Forward(const at::Tensor& x,
                    const std::optional<at::Tensor>& branch,
                    const at::Tensor& gain, const at::Tensor& shift, double eps,
                    at::ScalarType type) {
  const at::Tensor sum = branch.has_value() ? x + *branch : at::Tensor();
  const auto [normed, mean, rstd] = at::native_layer_norm(
      branch.has_value() ? sum : x, {x.size(-1)}, gain, shift, eps);
  return {sum, normed.to(type), mean, rstd};
}

// Returns the gradients of x, branch (undefined without its type), gain and
// shift.
FourTensors Backward(const at::Tensor& grad_normed,
                     const std::optional<at::Tensor>& grad_sum,
                     const at::Tensor& sum, const at::Tensor& mean,
                     const at::Tensor& rstd, const at::Tensor& gain,
                     const at::Tensor& shift,
                     std::optional<at::ScalarType> branch_type) {
  auto [grad_x, grad_gain, grad_shift] = at::native_layer_norm_backward(
      grad_normed.to(sum.scalar_type()), sum, {sum.size(-1)}, mean, rstd, gain,
      shift, std::array<bool, 3>{true, true, true});
  if (grad_sum.has_value()) grad_x = grad_x + *grad_sum;
  const at::Tensor grad_branch =
      branch_type.has_value() ? grad_x.to(*branch_type) : at::Tensor();
  return {grad_x, grad_branch, grad_gain, grad_shift};
}

const auto& ForwardOperator() {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("caldera::add_norm", "")
                             .typed<decltype(Forward)>();
  return op;
}

const auto& BackwardOperator() {
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("caldera::add_norm_backward", "")
          .typed<decltype(Backward)>();
  return op;
}

struct AddNormFunction : torch::autograd::Function<AddNormFunction> {
  // Returns {sum, normed}.
  static variable_list forward(AutogradContext* context, const at::Tensor& x,
                               const std::optional<at::Tensor>& branch,
                               const at::Tensor& gain, const at::Tensor& shift,
                               double eps, at::ScalarType type) {
    // This function has its own gradient, so autograd need not record the
    // operator.
    const at::AutoDispatchBelowADInplaceOrView below;
    auto [sum, normed, mean, rstd] =
        ForwardOperator().call(x, branch, gain, shift, eps, type);
    if (!branch.has_value()) sum = x;
    context->save_for_backward({sum, mean, rstd, gain, shift});
    if (branch.has_value()) {
      context->saved_data[kBranchType] = branch->scalar_type();
    }
    context->set_materialize_grads(false);
    return {sum, normed};
  }

  static variable_list backward(AutogradContext* context,
                                const variable_list& grads) {
    CheckFirstDerivative("a sum and a norm");
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& sum = saved[0];
    const auto type = context->saved_data.find(kBranchType);
    const bool has_branch = type != context->saved_data.end();
    const auto [x, branch, gain, shift] = BackwardOperator().call(
        grads[1].defined() ? grads[1] : at::zeros_like(sum),
        grads[0].defined() ? std::optional<at::Tensor>(grads[0]) : std::nullopt,
        sum, saved[1], saved[2], saved[3], saved[4],
        has_branch ? std::optional<at::ScalarType>(type->second.toScalarType())
                   : std::nullopt);
    return {x, branch, gain, shift, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

TORCH_LIBRARY_FRAGMENT(caldera, m) {
  m.def(
      "add_norm(Tensor x, Tensor? branch, Tensor gain, Tensor shift, "
      "float eps, ScalarType type) -> (Tensor, Tensor, Tensor, Tensor)");
  m.def(
      "add_norm_backward(Tensor grad_normed, Tensor? grad_sum, Tensor sum, "
      "Tensor mean, Tensor rstd, Tensor gain, Tensor shift, "
      "ScalarType? branch_type) -> (Tensor, Tensor, Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(caldera, CompositeExplicitAutograd, m) {
  m.impl("add_norm", Forward);
  m.impl("add_norm_backward", Backward);
}

AddNormOutput PlainAddNorm(const at::Tensor& x, const at::Tensor& branch,
                           const LayerNorm& norm, at::ScalarType type) {
  const at::Tensor sum = branch.defined() ? x + branch : x;
  return {sum, norm.forward(sum).to(type)};
}

AddNormOutput AddNorm(const at::Tensor& x, const at::Tensor& branch,
                      const LayerNorm& norm, at::ScalarType type) {
  if (PlainOps::chosen()) return PlainAddNorm(x, branch, norm, type);
  const variable_list out = AddNormFunction::apply(
      x, branch.defined() ? std::optional<at::Tensor>(branch) : std::nullopt,
      norm.weight, norm.bias, norm.eps(), type);
  return {out[0], out[1]};
}

bool AddNormHasKernel(const at::Tensor& x, at::ScalarType type) {
  return x.is_cuda() && x.scalar_type() == at::kFloat &&
         type == at::kBFloat16 && x.size(-1) % 2 == 0 &&
         x.size(-1) <= kMostAddNormDim;
}

}  // namespace caldera::vit
