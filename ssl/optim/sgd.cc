#include "ssl/optim/sgd.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_sgd.h>

#include <optional>

namespace caldera::ssl {

Sgd::Sgd(const std::vector<OptimizerParameter>& parameters,
         const SgdOptions& options)
    : Optimizer(parameters), options_(options) {
  // The kernel refuses a list that it does not use.
  if (options.momentum > 0) AddSlot("momentum");
}

void Sgd::Update(const at::Tensor& skip) {
  const at::NoGradGuard no_grad;
  const auto found_inf =
      skip.defined() ? std::optional<at::Tensor>(skip) : std::nullopt;
  for (const Group& group : groups_) {
    const Active active = WithGradient(group);
    if (active.parameters.empty()) continue;
    const std::vector<at::Tensor> momentum =
        active.slots.empty() ? std::vector<at::Tensor>() : active.slots[0];
    // A momentum of zeros makes the first step like the others.
    at::_fused_sgd_(active.parameters, active.grads, momentum,
                    group.weight_decay, options_.momentum, group.rate,
                    /*dampening=*/0, options_.nesterov, /*maximize=*/false,
                    /*is_first_step=*/false, /*grad_scale=*/{}, found_inf);
  }
}

}  // namespace caldera::ssl
