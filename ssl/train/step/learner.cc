#include "ssl/train/step/learner.h"

#include <ATen/Parallel.h>
#include <glog/logging.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ssl/optim/make_learning_rate.h"
#include "ssl/optim/make_optimizer.h"
#include "ssl/schedule/learning_rate.h"
#include "vit/ops/linear.h"

namespace caldera::ssl {
namespace {

std::vector<std::pair<std::string, at::Tensor>> Parameters(
    const Method& method, const torch::nn::Module& terms) {
  std::vector<std::pair<std::string, at::Tensor>> parameters;
  for (const torch::nn::Module* module :
       {static_cast<const torch::nn::Module*>(&method), &terms}) {
    for (const auto& item : module->named_parameters()) {
      if (!item.value().requires_grad()) continue;  // belongs to a teacher
      parameters.emplace_back(item.key(), item.value());
    }
  }
  return parameters;
}

std::vector<at::Tensor> Tensors(
    const std::vector<std::pair<std::string, at::Tensor>>& parameters) {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : parameters) tensors.push_back(tensor);
  return tensors;
}

GradientReducerOptions ReducerOptions(const torch::nn::Module& terms) {
  GradientReducerOptions options;
  // The parameters of a term get no gradient while its weight is 0.
  options.may_skip_parameters = !terms.parameters().empty();
  return options;
}

}  // namespace

Learner::Learner(const Experiment& experiment, std::shared_ptr<Method> given,
                 Objective minimised, const RunLength& length,
                 const LearnerOptions& options)
    : method(std::move(given)),
      objective(std::move(minimised)),
      run(length),
      learning_rate([rate = MakeLearningRate(experiment.optimizer(), length)](
                        int64_t step) {
        return LearningRate(rate, static_cast<double>(step));
      }),
      clip_grad_norm(experiment.optimizer().clip_grad_norm()),
      accumulate_steps(experiment.train().accumulate_steps()),
      optimizer(MakeOptimizer(
          experiment.optimizer(),
          OptimizerParameters(experiment.optimizer(),
                              Parameters(*method, objective.module()),
                              experiment.encoder().depth()))),
      processes(options.processes),
      reducer(Tensors(Parameters(*method, objective.module())), *processes,
              ReducerOptions(objective.module())),
      guard(options.on_nonfinite, method->parameters()[0].device()) {
  if (processes->single() && options.thread_slices > 1) {
    slices = std::make_unique<ThreadSlices>(method, options.thread_slices);
  }
  if (options.make_graph) {
    CHECK(processes->single() && method->stays_on_device());
    replay = std::make_unique<GraphReplay>(options.make_graph());
  }
  if (experiment.train().precision() == TrainSpec::BF16) {
    vit::SetComputeType(*method, at::kBFloat16);
    vit::SetComputeType(objective.module(), at::kBFloat16);
  }
}

vit::StateDict Learner::ModelState() const {
  vit::StateDict state = method->NamedState();
  state.merge(vit::GetStateDict(objective.module()));
  state.merge(guard.State());
  return state;
}

absl::Status Learner::CheckFinite() {
  const absl::Status status = guard.Check();
  return status.ok() ? status : ExplainNonfinite(status, "", guard.action());
}

absl::Status ExplainNonfinite(const absl::Status& status,
                              const std::string& values, OnNonfinite action) {
  return absl::Status(
      status.code(),
      absl::StrCat(
          status.message(), values,
          "; lower optimizer.base_lr, lengthen optimizer.warmup or set "
          "optimizer.clip_grad_norm",
          action == OnNonfinite::kStop
              ? "; --on_nonfinite=skip leaves such steps out"
              : ""));
}

int ThreadSliceCount(const at::Device& device, const Method& method) {
  if (!device.is_cpu()) return 1;
  int64_t trained = 0;
  for (const at::Tensor& parameter : method.parameters()) {
    if (parameter.requires_grad()) trained += parameter.numel();
  }
  return trained <= kMostSlicedParameters ? at::get_num_threads() : 1;
}

}  // namespace caldera::ssl
