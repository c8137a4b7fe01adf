// Stochastic gradient descent with momentum through ATen's fused kernel:
//
//   optimizer { sgd { momentum: 0.9 } weight_decay: 1e-4 }
//
// As in PyTorch, the momentum adds up gradients, and the current rate
// multiplies all of it. Its state is "momentum.<name>".
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_sgd.h>

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "ssl/optim/algorithms/sgd.pb.h"
#include "ssl/optim/optimizer.h"

namespace caldera::ssl {
namespace {

class Sgd : public Optimizer {
 public:
  Sgd(const std::vector<OptimizerParameter>& parameters, const SgdSpec& spec)
      : Optimizer(parameters), spec_(spec) {
    // The kernel refuses a list that it does not use.
    if (spec.momentum() > 0) AddSlot("momentum");
  }

  void Update(const at::Tensor& skip) override {
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
                      group.weight_decay, spec_.momentum(), group.rate,
                      /*dampening=*/0, spec_.nesterov(), /*maximize=*/false,
                      /*is_first_step=*/false, /*grad_scale=*/{}, found_inf);
    }
  }

 private:
  const SgdSpec spec_;
};

const bool kSgd = OptimizerPart::Register<SgdSpec>(
    {"sgd", "Stochastic gradient descent with momentum."},
    [](const SgdSpec& spec, const std::vector<OptimizerParameter>& parameters) {
      return std::make_unique<Sgd>(parameters, spec);
    },
    [](const SgdSpec& spec) {
      return spec.nesterov() && spec.momentum() == 0
                 ? absl::InvalidArgumentError(
                       "nesterov: true needs a momentum, but sgd.momentum is "
                       "0; set sgd.momentum above 0")
                 : absl::OkStatus();
    });

}  // namespace
}  // namespace caldera::ssl
