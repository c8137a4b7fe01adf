#include "ssl/train/forecast/step_memory.h"

#include <ATen/DeviceAccelerator.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/machine/process_memory.h"
#include "ssl/terms/component_cost.h"
#include "ssl/train/monitor/memory_use.h"

namespace caldera::ssl {
namespace {

constexpr int64_t kFloat = 4;  // bytes

int64_t Bytes(const std::vector<at::Tensor>& tensors) {
  int64_t bytes = 0;
  for (const at::Tensor& tensor : tensors) {
    bytes += static_cast<int64_t>(tensor.nbytes());
  }
  return bytes;
}

int64_t CountTrained(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) {
    if (parameter.requires_grad()) count += parameter.numel();
  }
  return count;
}

// Returns what `ulimit -v` leaves; none without a limit.
std::optional<int64_t> AddressSpaceLeft() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::nullopt;
  }
  const auto used = base::ReadKilobytes("/proc/self/status", "VmSize:");
  if (!used.has_value()) return std::nullopt;
  return std::max<int64_t>(0, static_cast<int64_t>(limit.rlim_cur) - *used);
}

}  // namespace

MemoryForecast StepMemory(const Learner& learner, const TrainSpec& train,
                          const at::Device& device) {
  Method& method = *learner.method;
  const torch::nn::Module& terms = learner.objective.module();
  MemoryForecast memory;
  for (const torch::nn::Module* module :
       {static_cast<const torch::nn::Module*>(&method), &terms}) {
    memory.parameters += Bytes(module->parameters()) + Bytes(module->buffers());
  }
  memory.gradients = kFloat * (CountTrained(method) + CountTrained(terms)) *
                     ThreadSliceCount(device, method);
  // Only the activations of one microbatch exist at a time.
  const int64_t at_once = train.batch_size() / train.accumulate_steps();
  for (const ComponentCost& part : learner.objective.Costs(method, at_once)) {
    memory.activations += kFloat * part.cost.activations;
  }
  for (const auto& [name, tensor] : learner.optimizer->State()) {
    memory.moments += static_cast<int64_t>(tensor.nbytes());
  }
  return memory;
}

std::optional<MemoryRoom> RoomForSteps(const at::Device& device) {
  if (!device.is_cpu()) {
    const auto [free, total] =
        at::accelerator::getMemoryInfo(std::max<int>(0, device.index()));
    return MemoryRoom{static_cast<int64_t>(free), "the GPU has"};
  }
  const std::optional<int64_t> free = base::FreeMemory();
  const std::optional<int64_t> limit = AddressSpaceLeft();
  if (limit.has_value() && *limit < free.value_or(*limit + 1)) {
    return MemoryRoom{*limit, "ulimit -v leaves"};
  }
  if (!free.has_value()) return std::nullopt;
  return MemoryRoom{*free, "the machine and its control groups leave"};
}

std::string MemoryAdvice(const MemoryForecast& need, int64_t room,
                         const Experiment& experiment) {
  const TrainSpec& train = experiment.train();
  const int64_t batch = train.batch_size();
  const int64_t at_once = batch / train.accumulate_steps();
  const int64_t one = std::max<int64_t>(1, need.activations / at_once);
  const int64_t fitting = (room - need.gradients) / one;
  const bool recomputes = experiment.encoder().checkpoint_blocks();
  const std::string again =
      recomputes ? "" : ", or set encoder.checkpoint_blocks=true";
  if (fitting >= at_once) return "other programs use the memory; end them";
  // The largest microbatch that fits and divides the batch.
  for (int64_t parts = train.accumulate_steps() + 1; parts <= batch; ++parts) {
    if (batch % parts != 0 || batch / parts > fitting) continue;
    return absl::StrCat("set train.accumulate_steps=", parts, " (",
                        batch / parts, " images at a time), or lower ",
                        "train.batch_size to ", fitting, again);
  }
  return absl::StrCat(
      "not one image fits; use a smaller encoder or encoder.image_size", again);
}

}  // namespace caldera::ssl
