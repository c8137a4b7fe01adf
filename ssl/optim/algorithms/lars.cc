// LARS (You, Gitman, Ginsburg, 2017), with which MAE trains its linear probe:
// SGD with momentum that scales the gradient of each parameter to a fixed share
// of the parameter's own norm.
//
//   optimizer { lars { trust_coefficient: 0.001 } }
//
//   d = g + weight_decay p;  d = d trust_coefficient |p| / |d|
//   m = momentum m + d;      p = p - lr m
//
// Parameters of one dimension keep their gradient unchanged, without scaling
// and without decay, and the scale is 1 if |p| or |d| is 0: the rule of
// facebookresearch/mae, util/lars.py. Its state is "momentum.<name>".
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/stack.h>

#include <memory>
#include <optional>
#include <vector>

#include "ssl/optim/algorithms/lars.pb.h"
#include "ssl/optim/optimizer.h"

namespace caldera::ssl {
namespace {

// Returns the scaled directions d of parameters of more than one dimension.
std::vector<at::Tensor> Scaled(const std::vector<at::Tensor>& parameters,
                               const std::vector<at::Tensor>& grads,
                               double weight_decay, double trust_coefficient) {
  std::vector<at::Tensor> direction =
      at::_foreach_add(grads, parameters, weight_decay);
  const at::Tensor size = at::stack(at::_foreach_norm(parameters));   // [P]
  const at::Tensor length = at::stack(at::_foreach_norm(direction));  // [P]
  const at::Tensor neither_is_zero = size.gt(0).logical_and(length.gt(0));
  const at::Tensor scale = (trust_coefficient * size / length)
                               .masked_fill(neither_is_zero.logical_not(), 1);
  at::_foreach_mul_(direction, scale.unbind());
  return direction;
}

class Lars : public Optimizer {
 public:
  Lars(const std::vector<OptimizerParameter>& parameters, const LarsSpec& spec)
      : Optimizer(parameters), spec_(spec) {
    // The kernel refuses a list that it does not use.
    if (spec.momentum() > 0) AddSlot("momentum");
  }

  void Update(const at::Tensor& skip) override {
    const at::NoGradGuard no_grad;
    const auto found_inf =
        skip.defined() ? std::optional<at::Tensor>(skip) : std::nullopt;
    for (const Group& group : groups_) {
      Active active = WithGradient(group);
      if (active.parameters.empty()) continue;
      std::vector<size_t> scaled;
      std::vector<at::Tensor> parameters, grads;
      for (size_t i = 0; i < active.parameters.size(); ++i) {
        if (active.parameters[i].dim() < 2) continue;
        scaled.push_back(i);
        parameters.push_back(active.parameters[i]);
        grads.push_back(active.grads[i]);
      }
      if (!scaled.empty()) {
        const std::vector<at::Tensor> direction = Scaled(
            parameters, grads, group.weight_decay, spec_.trust_coefficient());
        for (size_t k = 0; k < scaled.size(); ++k) {
          active.grads[scaled[k]] = direction[k];
        }
      }
      const std::vector<at::Tensor> momentum =
          active.slots.empty() ? std::vector<at::Tensor>() : active.slots[0];
      // A momentum of zeros makes the first step like the others.
      at::_fused_sgd_(active.parameters, active.grads, momentum,
                      /*weight_decay=*/0, spec_.momentum(), group.rate,
                      /*dampening=*/0, /*nesterov=*/false, /*maximize=*/false,
                      /*is_first_step=*/false, /*grad_scale=*/{}, found_inf);
    }
  }

 private:
  const LarsSpec spec_;
};

const bool kLars = OptimizerPart::Register<LarsSpec>(
    {"lars", "SGD whose steps are a share of each parameter's norm."},
    [](const LarsSpec& spec,
       const std::vector<OptimizerParameter>& parameters) {
      return std::make_unique<Lars>(parameters, spec);
    });

}  // namespace
}  // namespace caldera::ssl
