#include "ssl/optim/adamw.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adamw.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace caldera::ssl {
namespace {

// The order of AddSlot.
enum Slots { kExpAvg, kExpAvgSq, kStep };

// Splits the tensors into `count` runs of neighbours that contain about equally
// many numbers each; returns the ends of the runs.
std::vector<size_t> EvenRuns(const std::vector<at::Tensor>& tensors,
                             int64_t count) {
  int64_t total = 0;
  for (const at::Tensor& tensor : tensors) total += tensor.numel();
  std::vector<size_t> ends;
  int64_t numbers = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    numbers += tensors[i].numel();
    const auto done = static_cast<int64_t>(ends.size());
    if (done + 1 < count && numbers * count >= total * (done + 1)) {
      ends.push_back(i + 1);
    }
  }
  ends.push_back(tensors.size());
  return ends;
}

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
    const auto update = [&](size_t from, size_t to) {
      const auto run = [&](at::TensorList tensors) {
        return tensors.slice(from, to - from);
      };
      at::_fused_adamw_(run(active.parameters), run(active.grads),
                        run(active.slots[kExpAvg]),
                        run(active.slots[kExpAvgSq]), /*max_exp_avg_sqs=*/{},
                        run(active.slots[kStep]), group.rate, options_.beta1,
                        options_.beta2, group.weight_decay, options_.eps,
                        /*amsgrad=*/false, /*maximize=*/false,
                        /*grad_scale=*/{}, found_inf);
    };
    if (!active.parameters[0].is_cpu()) {
      update(0, active.parameters.size());
      continue;
    }
    // ATen would wake all threads for every tensor: here each thread updates
    // its own tensors.
    const std::vector<size_t> ends =
        EvenRuns(active.parameters, at::get_num_threads());
    at::parallel_for(0, static_cast<int64_t>(ends.size()), /*grain_size=*/1,
                     [&](int64_t begin, int64_t end) {
                       const at::NoGradGuard no_grad_here;
                       update(begin == 0 ? 0 : ends[begin - 1], ends[end - 1]);
                     });
  }
}

}  // namespace caldera::ssl
