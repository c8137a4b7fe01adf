#include "ssl/optim/adamw.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adamw.h>

#include <optional>

namespace caldera::ssl {
namespace {

// In the order of AddSlot.
enum Slots { kExpAvg, kExpAvgSq, kStep };

}  // namespace

AdamW::AdamW(const std::vector<OptimizerParameter>& parameters,
             const AdamWOptions& options)
    : Optimizer(parameters), options_(options) {
  AddSlot("exp_avg");
  AddSlot("exp_avg_sq");
  AddSlot("step", /*scalar=*/true);
}

void AdamW::Update(const at::Tensor& skip) {
  const at::NoGradGuard no_grad;
  const auto found_inf =
      skip.defined() ? std::optional<at::Tensor>(skip) : std::nullopt;
  for (const Group& group : groups_) {
    const Active active = WithGradient(group);
    if (active.parameters.empty()) continue;
    if (skip.defined()) {
      at::_foreach_add_(active.slots[kStep], (1 - skip).squeeze());
    } else {
      at::_foreach_add_(active.slots[kStep], 1);
    }
    at::_fused_adamw_(active.parameters, active.grads, active.slots[kExpAvg],
                      active.slots[kExpAvgSq], /*max_exp_avg_sqs=*/{},
                      active.slots[kStep], group.rate, options_.beta1,
                      options_.beta2, group.weight_decay, options_.eps,
                      /*amsgrad=*/false, /*maximize=*/false, /*grad_scale=*/{},
                      found_inf);
  }
}

}  // namespace caldera::ssl
