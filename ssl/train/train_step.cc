#include "ssl/train/train_step.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ssl/optim/make_learning_rate.h"
#include "ssl/optim/make_optimizer.h"
#include "ssl/train/step_phase.h"

namespace caldera::ssl {
namespace {

std::vector<std::pair<std::string, at::Tensor>> Parameters(
    const Method& method, const torch::nn::Module& terms) {
  std::vector<std::pair<std::string, at::Tensor>> parameters;
  for (const torch::nn::Module* module :
       {static_cast<const torch::nn::Module*>(&method), &terms}) {
    for (const auto& item : module->named_parameters()) {
      if (!item.value().requires_grad()) continue;  // a teacher's
      parameters.emplace_back(item.key(), item.value());
    }
  }
  return parameters;
}

absl::Status NotFinite(const TotalLoss& loss, int64_t number) {
  std::string text = absl::StrCat("the loss is ", loss.total.item<double>(),
                                  " at step ", number, " (");
  const char* separator = "";
  for (const Term& term : loss.terms) {
    absl::StrAppend(&text, separator, term.name, " ", term.value.item<double>(),
                    " x ", term.weight);
    separator = ", ";
  }
  return absl::InternalError(absl::StrCat(
      text,
      "); lower optimizer.base_lr, lengthen optimizer.warmup or set "
      "optimizer.clip_grad_norm"));
}

}  // namespace

TrainStep::TrainStep(const Experiment& experiment,
                     std::shared_ptr<Method> method, Objective objective,
                     const RunLength& run, int shards,
                     const Processes* processes)
    : method_(std::move(method)),
      objective_(std::move(objective)),
      run_(run),
      schedule_(MakeLearningRate(experiment.optimizer(), run)),
      clip_grad_norm_(experiment.optimizer().clip_grad_norm()),
      optimizer_(MakeOptimizer(
          experiment.optimizer(),
          OptimizerParameters(experiment.optimizer(),
                              Parameters(*method_, objective_.module()),
                              experiment.encoder().depth()))),
      processes_(processes != nullptr && !processes->alone() ? processes
                                                             : nullptr) {
  if (processes_ != nullptr) {
    std::vector<at::Tensor> parameters;
    for (const auto& [name, parameter] :
         Parameters(*method_, objective_.module())) {
      parameters.push_back(parameter);
    }
    GradientReducerOptions options;
    // A term's own parameters rest while its weight is 0.
    options.may_skip_parameters = !objective_.module().parameters().empty();
    reducer_ =
        std::make_unique<GradientReducer>(parameters, *processes_, options);
    return;
  }
  if (shards > 1) shards_ = std::make_unique<Shards>(method_, shards);
}

int ShardCount(const at::Device& device) {
  return device.is_cpu() ? at::get_num_threads() : 1;
}

vit::StateDict TrainStep::ModelState() const {
  vit::StateDict state = method_->NamedState();
  state.merge(vit::GetStateDict(objective_.module()));
  return state;
}

double TrainStep::LearningRate(int64_t number) const {
  return ssl::LearningRate(schedule_, static_cast<double>(number));
}

absl::StatusOr<TotalLoss> TrainStep::Run(const DeviceBatch& batch,
                                         const data::Streams& streams,
                                         int64_t number,
                                         bool with_diagnostics) {
  const double lr = LearningRate(number);
  method_->BeforeStep({number, run_});
  if (reducer_ != nullptr) reducer_->Prepare();
  StepPhase phase(kForwardPhase);
  const StepOutput output = shards_ == nullptr
                                ? method_->Step(batch, streams)
                                : shards_->Forward(batch, streams);
  phase.End();
  return Finish(output, number, lr, with_diagnostics, shards_.get());
}

absl::StatusOr<TotalLoss> TrainStep::Apply(const StepOutput& output,
                                           int64_t number, double lr,
                                           bool with_diagnostics) {
  return Finish(output, number, lr, with_diagnostics, /*shards=*/nullptr);
}

void TrainStep::Average(TotalLoss& loss) const {
  std::vector<at::Tensor> values = {loss.total.to(at::kDouble)};
  for (const Term& term : loss.terms) {
    values.push_back(term.value.to(at::kDouble));
  }
  // Terms over the whole batch are equal on all, the others means over equally
  // many rows: the mean is right for both.
  const at::Tensor mean = processes_->Sum(at::stack(values)) /
                          static_cast<double>(processes_->size());
  loss.total = mean[0];
  for (size_t i = 0; i < loss.terms.size(); ++i) {
    loss.terms[i].value = mean[static_cast<int64_t>(i) + 1];
  }
}

absl::StatusOr<TotalLoss> TrainStep::Finish(const StepOutput& output,
                                            int64_t number, double lr,
                                            bool with_diagnostics,
                                            Shards* shards) {
  StepPhase phase(kTermsPhase);
  TotalLoss loss = objective_.Combine(output, number, run_, with_diagnostics);
  const at::Tensor total = loss.total;
  embedding_ = output.embedding;
  loss.total = total.detach();
  if (total.is_cpu() || with_diagnostics) {
    if (processes_ != nullptr) Average(loss);
    if (!std::isfinite(loss.total.item<double>())) {
      return NotFinite(loss, number);
    }
  }
  phase.Next(kBackwardPhase);
  if (reducer_ != nullptr) {
    reducer_->Backward(total);
  } else {
    total.backward();
  }
  if (shards != nullptr) shards->Backward();
  phase.Next(kOptimizerPhase);
  if (clip_grad_norm_ > 0) optimizer_->ClipGradNorm(clip_grad_norm_);
  if (before_update_) before_update_();
  optimizer_->Step(lr);
  optimizer_->ZeroGrad();
  method_->AfterOptimizerStep({number, run_});
  objective_.AfterOptimizerStep({number, run_});
  return loss;
}

}  // namespace caldera::ssl
