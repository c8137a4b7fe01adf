#include "ssl/optim/optimizer.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

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

Optimizer::Optimizer(const std::vector<OptimizerParameter>& parameters) {
  for (const OptimizerParameter& parameter : parameters) {
    if (!parameter.tensor.requires_grad()) continue;
    auto group =
        std::find_if(groups_.begin(), groups_.end(), [&](const Group& other) {
          return other.lr_scale == parameter.lr_scale &&
                 other.weight_decay == parameter.weight_decay;
        });
    if (group == groups_.end()) {
      Group created;
      created.lr_scale = parameter.lr_scale;
      created.weight_decay = parameter.weight_decay;
      // The CUDA kernels read the rate as float; the CPU's take any type.
      created.rate = at::zeros(
          {}, parameter.tensor.options().dtype(
                  parameter.tensor.is_cuda() ? at::kFloat : at::kDouble));
      group = groups_.insert(groups_.end(), std::move(created));
    }
    group->names.push_back(parameter.name);
    group->parameters.push_back(parameter.tensor);
  }
}

void Optimizer::AddSlot(const std::string& name, bool scalar) {
  for (Group& group : groups_) {
    Slot slot{name, {}};
    for (const at::Tensor& parameter : group.parameters) {
      slot.tensors.push_back(
          scalar ? at::zeros({}, parameter.options().dtype(at::kFloat))
                 : at::zeros_like(parameter));
    }
    group.slots.push_back(std::move(slot));
  }
}

Optimizer::Active Optimizer::WithGradient(const Group& group) {
  Active active;
  active.slots.resize(group.slots.size());
  for (size_t i = 0; i < group.parameters.size(); ++i) {
    if (!group.parameters[i].grad().defined()) continue;
    active.parameters.push_back(group.parameters[i]);
    active.grads.push_back(group.parameters[i].grad());
    for (size_t s = 0; s < group.slots.size(); ++s) {
      active.slots[s].push_back(group.slots[s].tensors[i]);
    }
  }
  return active;
}

void Optimizer::ForEachRun(const std::vector<at::Tensor>& tensors,
                           const std::function<void(size_t, size_t)>& update) {
  if (!tensors[0].is_cpu()) return update(0, tensors.size());
  const std::vector<size_t> ends = EvenRuns(tensors, at::get_num_threads());
  at::parallel_for(0, static_cast<int64_t>(ends.size()), /*grain_size=*/1,
                   [&](int64_t begin, int64_t end) {
                     const at::NoGradGuard no_grad;
                     update(begin == 0 ? 0 : ends[begin - 1], ends[end - 1]);
                   });
}

void Optimizer::SetLearningRate(double lr) {
  for (Group& group : groups_) group.rate.fill_(lr * group.lr_scale);
}

void Optimizer::ZeroGrad() {
  for (const Group& group : groups_) {
    for (at::Tensor parameter : group.parameters) {
      parameter.mutable_grad().reset();
    }
  }
}

std::vector<at::Tensor> Optimizer::Gradients() const {
  std::vector<at::Tensor> grads;
  for (const Group& group : groups_) {
    for (const at::Tensor& parameter : group.parameters) {
      if (parameter.grad().defined()) grads.push_back(parameter.grad());
    }
  }
  return grads;
}

at::Tensor Optimizer::GradNorm() const {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> grads = Gradients();
  if (grads.empty()) return at::zeros({});
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(grads)));  // []
}

at::Tensor Optimizer::ClipGradNorm(double max_norm) {
  const at::NoGradGuard no_grad;
  const at::Tensor norm = GradNorm();
  const std::vector<at::Tensor> grads = Gradients();
  if (grads.empty()) return norm;
  at::_foreach_mul_(grads, (max_norm / (norm + 1e-6)).clamp_max(1.0));
  return norm;
}

vit::StateDict Optimizer::State() const {
  vit::StateDict state;
  for (const Group& group : groups_) {
    for (const Slot& slot : group.slots) {
      for (size_t i = 0; i < group.names.size(); ++i) {
        state[absl::StrCat(slot.name, ".", group.names[i])] = slot.tensors[i];
      }
    }
  }
  return state;
}

}  // namespace caldera::ssl
