// AdamW (Loshchilov and Hutter, ICLR 2019) through ATen's fused kernel, the
// default:
//
//   optimizer { adamw { beta2: 0.95 } weight_decay: 0.05 }
//
// torch::optim::AdamW runs nine kernels a tensor; this class runs one a group,
// on a CPU one a thread, with the same bits on any number of threads. Its state
// is "exp_avg.<name>", "exp_avg_sq.<name>" and "step.<name>".
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adamw.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "ssl/optim/algorithms/adamw.pb.h"
#include "ssl/optim/optimizer.h"

namespace caldera::ssl {
namespace {

class AdamW : public Optimizer {
 public:
  AdamW(const std::vector<OptimizerParameter>& parameters,
        const AdamWSpec& spec)
      : Optimizer(parameters), spec_(spec) {
    AddSlot("exp_avg");
    AddSlot("exp_avg_sq");
    AddSlot("step", /*scalar=*/true);
  }

  void Update(const at::Tensor& skip) override {
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
      ForEachRun(active.parameters, [&](size_t from, size_t to) {
        const auto run = [&](at::TensorList tensors) {
          return tensors.slice(from, to - from);
        };
        at::_fused_adamw_(run(active.parameters), run(active.grads),
                          run(active.slots[kExpAvg]),
                          run(active.slots[kExpAvgSq]), /*max_exp_avg_sqs=*/{},
                          run(active.slots[kStep]), group.rate, spec_.beta1(),
                          spec_.beta2(), group.weight_decay, spec_.eps(),
                          /*amsgrad=*/false, /*maximize=*/false,
                          /*grad_scale=*/{}, found_inf);
      });
    }
  }

 private:
  // The order of AddSlot.
  enum Slots { kExpAvg, kExpAvgSq, kStep };

  const AdamWSpec spec_;
};

const bool kAdamW = OptimizerPart::Register<AdamWSpec>(
    {"adamw", "Adam with decoupled weight decay.", /*example=*/"",
     /*is_default=*/true},
    [](const AdamWSpec& spec,
       const std::vector<OptimizerParameter>& parameters) {
      return std::make_unique<AdamW>(parameters, spec);
    });

}  // namespace
}  // namespace caldera::ssl
