#include "ssl/train/train_step.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

std::vector<std::pair<std::string, at::Tensor>> Parameters(
    const Method& method) {
  std::vector<std::pair<std::string, at::Tensor>> parameters;
  for (const auto& item : method.named_parameters()) {
    parameters.emplace_back(item.key(), item.value());
  }
  return parameters;
}

AdamWOptions MakeAdamWOptions(const OptimizerSpec& spec) {
  return {spec.weight_decay(), spec.beta1(), spec.beta2(), spec.eps()};
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

WarmupCosine MakeLearningRateSchedule(const OptimizerSpec& spec,
                                      const RunLength& run) {
  const double scale = spec.scale_lr_by_batch()
                           ? static_cast<double>(run.batch_size) / 256.0
                           : 1.0;
  return {scale * spec.base_lr(), scale * spec.min_lr(),
          scale * spec.warmup_start_lr(), ToSteps(spec.warmup(), run),
          static_cast<double>(run.total_steps)};
}

TrainStep::TrainStep(const Experiment& experiment,
                     std::shared_ptr<Method> method, Objective objective,
                     const RunLength& run, int shards)
    : method_(std::move(method)),
      objective_(std::move(objective)),
      run_(run),
      schedule_(MakeLearningRateSchedule(experiment.optimizer(), run)),
      clip_grad_norm_(experiment.optimizer().clip_grad_norm()),
      optimizer_(Parameters(*method_),
                 MakeAdamWOptions(experiment.optimizer())) {
  if (shards > 1) shards_ = std::make_unique<Shards>(method_, shards);
}

int ShardCount(const Method& method, const at::Device& device) {
  return method.samplewise() && device.is_cpu() ? at::get_num_threads() : 1;
}

double TrainStep::LearningRate(int64_t number) const {
  return ssl::LearningRate(schedule_, static_cast<double>(number));
}

absl::StatusOr<TotalLoss> TrainStep::Run(const DeviceBatch& batch,
                                         const data::Streams& streams,
                                         int64_t number,
                                         bool with_diagnostics) {
  const double lr = LearningRate(number);
  if (shards_ == nullptr) {
    return Apply(method_->Step(batch, streams), number, lr, with_diagnostics);
  }
  const OneThread one_thread;
  return Finish(shards_->Forward(batch, streams), number, lr, with_diagnostics,
                shards_.get());
}

absl::StatusOr<TotalLoss> TrainStep::Apply(const StepOutput& output,
                                           int64_t number, double lr,
                                           bool with_diagnostics) {
  return Finish(output, number, lr, with_diagnostics, /*shards=*/nullptr);
}

absl::StatusOr<TotalLoss> TrainStep::Finish(const StepOutput& output,
                                            int64_t number, double lr,
                                            bool with_diagnostics,
                                            Shards* shards) {
  TotalLoss loss = objective_.Combine(output, number, run_, with_diagnostics);
  if ((loss.total.is_cpu() || with_diagnostics) &&
      !std::isfinite(loss.total.item<double>())) {
    return NotFinite(loss, number);
  }
  loss.total.backward();
  if (shards != nullptr) shards->Backward();
  if (clip_grad_norm_ > 0) optimizer_.ClipGradNorm(clip_grad_norm_);
  if (before_update_) before_update_();
  optimizer_.Step(lr);
  optimizer_.ZeroGrad();
  loss.total = loss.total.detach();
  return loss;
}

}  // namespace caldera::ssl
