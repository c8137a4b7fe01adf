#include "ssl/optim/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <array>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {

AdamW::AdamW(const std::vector<std::pair<std::string, at::Tensor>>& parameters,
             const AdamWOptions& options)
    : options_(options), groups_(2) {
  groups_[0].weight_decay = options.weight_decay;
  for (const auto& [name, parameter] : parameters) {
    if (!parameter.requires_grad()) continue;
    Group& group = groups_[parameter.dim() > 1 ? 0 : 1];
    group.names.push_back(name);
    group.parameters.push_back(parameter);
    group.exp_avg.push_back(at::zeros_like(parameter));
    group.exp_avg_sq.push_back(at::zeros_like(parameter));
    group.step.push_back(at::zeros({}, parameter.options().dtype(at::kFloat)));
  }
}

void AdamW::Step(double lr) {
  const at::NoGradGuard no_grad;
  for (const Group& group : groups_) {
    std::vector<at::Tensor> parameters, grads, exp_avg, exp_avg_sq, step;
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      if (!group.parameters[i].grad().defined()) continue;
      parameters.push_back(group.parameters[i]);
      grads.push_back(group.parameters[i].grad());
      exp_avg.push_back(group.exp_avg[i]);
      exp_avg_sq.push_back(group.exp_avg_sq[i]);
      step.push_back(group.step[i]);
    }
    if (parameters.empty()) continue;
    at::_foreach_add_(step, 1);
    // The overload with a tensor for the rate also runs inside CUDA graphs.
    const at::Tensor rate =
        at::full({}, lr, parameters[0].options().dtype(at::kDouble));
    at::_fused_adamw_(parameters, grads, exp_avg, exp_avg_sq,
                      /*max_exp_avg_sqs=*/{}, step, rate, options_.beta1,
                      options_.beta2, group.weight_decay, options_.eps,
                      /*amsgrad=*/false, /*maximize=*/false, /*grad_scale=*/{},
                      /*found_inf=*/{});
  }
}

void AdamW::ZeroGrad() {
  for (const Group& group : groups_) {
    for (at::Tensor parameter : group.parameters)
      parameter.mutable_grad().reset();
  }
}

at::Tensor AdamW::ClipGradNorm(double max_norm) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> grads;
  for (const Group& group : groups_) {
    for (const at::Tensor& parameter : group.parameters) {
      if (parameter.grad().defined()) grads.push_back(parameter.grad());
    }
  }
  if (grads.empty()) return at::zeros({});
  const at::Tensor norm =
      at::linalg_vector_norm(at::stack(at::_foreach_norm(grads)));  // []
  const at::Tensor scale = (max_norm / (norm + 1e-6)).clamp_max(1.0);
  at::_foreach_mul_(grads, scale);
  return norm;
}

vit::StateDict AdamW::State() const {
  vit::StateDict state;
  for (const Group& group : groups_) {
    for (size_t i = 0; i < group.names.size(); ++i) {
      state[absl::StrCat("exp_avg.", group.names[i])] = group.exp_avg[i];
      state[absl::StrCat("exp_avg_sq.", group.names[i])] = group.exp_avg_sq[i];
      state[absl::StrCat("step.", group.names[i])] = group.step[i];
    }
  }
  return state;
}

}  // namespace caldera::ssl
