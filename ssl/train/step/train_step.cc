#include "ssl/train/step/train_step.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <glog/logging.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ssl/objective/step_phase.h"
#include "ssl/optim/make_learning_rate.h"
#include "ssl/optim/make_optimizer.h"
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

std::string Describe(const TotalLoss& loss, const at::Tensor& grad_norm) {
  std::string text = absl::StrCat(" (loss ", loss.total.item<double>());
  for (const Term& term : loss.terms) {
    absl::StrAppend(&text, ", ", term.name, " ", term.value.item<double>(),
                    " x ", term.weight);
  }
  return absl::StrCat(text, ", gradient's norm ", grad_norm.item<double>(),
                      ")");
}

// Adds the values of the step and the remedies to the error.
absl::Status Explain(const absl::Status& status, const std::string& values,
                     OnNonfinite action) {
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

// Returns the own terms of a microbatch and the context that the other terms
// read, without its graph and the rest.
StepOutput ReadByTerms(const StepOutput& output,
                       const ContextRequest& request) {
  StepOutput kept;
  kept.terms = output.terms;
  for (Term& term : kept.terms) term.value = term.value.detach();
  kept.context = output.context;
  StepContext& context = kept.context;
  for (at::Tensor* tensor : RowTensors(context, request)) {
    *tensor = tensor->detach();
  }
  context.views.clear();
  context.embeddings.clear();
  if (!request.latent) context.latent = at::Tensor();
  if (!request.prediction) {
    context.prediction = context.patch_loss = at::Tensor();
  }
  return kept;
}

}  // namespace

TrainStep::TrainStep(const Experiment& experiment,
                     std::shared_ptr<Method> method, Objective objective,
                     const RunLength& run, const TrainStepOptions& options)
    : method_(std::move(method)),
      objective_(std::move(objective)),
      run_(run),
      schedule_(MakeLearningRate(experiment.optimizer(), run)),
      clip_grad_norm_(experiment.optimizer().clip_grad_norm()),
      microbatches_(experiment.train().accumulate_steps()),
      optimizer_(MakeOptimizer(
          experiment.optimizer(),
          OptimizerParameters(experiment.optimizer(),
                              Parameters(*method_, objective_.module()),
                              experiment.encoder().depth()))),
      processes_(*options.processes),
      reducer_(Tensors(Parameters(*method_, objective_.module())), processes_,
               ReducerOptions(objective_.module())),
      guard_(options.on_nonfinite, method_->parameters()[0].device()) {
  if (processes_.single() && options.thread_slices > 1) {
    slices_ = std::make_unique<ThreadSlices>(method_, options.thread_slices);
  }
  if (options.make_graph) {
    CHECK(processes_.single() && method_->stays_on_device());
    replay_ = std::make_unique<GraphReplay>(options.make_graph());
  }
  if (experiment.train().precision() == TrainSpec::BF16) {
    vit::SetComputeType(*method_, at::kBFloat16);
    vit::SetComputeType(objective_.module(), at::kBFloat16);
  }
}

int ThreadSliceCount(const at::Device& device, const Method& method) {
  if (!device.is_cpu()) return 1;
  int64_t trained = 0;
  for (const at::Tensor& parameter : method.parameters()) {
    if (parameter.requires_grad()) trained += parameter.numel();
  }
  return trained <= kMostSlicedParameters ? at::get_num_threads() : 1;
}

vit::StateDict TrainStep::ModelState() const {
  vit::StateDict state = method_->NamedState();
  state.merge(vit::GetStateDict(objective_.module()));
  state.merge(guard_.State());
  return state;
}

double TrainStep::LearningRate(int64_t number) const {
  return ssl::LearningRate(schedule_, static_cast<double>(number));
}

std::vector<DeviceBatch> TrainStep::Microbatches(
    const DeviceBatch& batch) const {
  if (microbatches_ == 1) return {batch};
  const int64_t rows = batch.index.size(0) / microbatches_;
  std::vector<DeviceBatch> microbatches;
  for (int64_t k = 0; k < microbatches_; ++k) {
    microbatches.push_back(SliceBatch(batch, k * rows, (k + 1) * rows));
  }
  return microbatches;
}

absl::StatusOr<TotalLoss> TrainStep::Run(const DeviceBatch& batch,
                                         const base::Streams& streams,
                                         int64_t number,
                                         bool with_diagnostics) {
  method_->BeforeStep({number, run_});
  KeepState();
  guard_.SetStep(number);
  optimizer_->SetLearningRate(LearningRate(number));
  if (replay_ != nullptr) {
    Replay(batch, streams, number);
  } else {
    Compute(Microbatches(batch), streams, number, with_diagnostics);
    if (before_update_) before_update_();
    Update();
  }
  return Finish(number, with_diagnostics);
}

absl::StatusOr<TotalLoss> TrainStep::Apply(const StepOutput& output,
                                           int64_t number, double lr,
                                           bool with_diagnostics) {
  guard_.SetStep(number);
  optimizer_->SetLearningRate(lr);
  computed_.loss = Backward(output, number, /*microbatches=*/1, /*last=*/true,
                            with_diagnostics);
  computed_.embedding = output.embedding;
  ClipAndCheck();
  if (before_update_) before_update_();
  Update();
  return Finish(number, with_diagnostics);
}

void TrainStep::Replay(const DeviceBatch& batch, const base::Streams& streams,
                       int64_t number) {
  std::vector<DeviceBatch> microbatches = Microbatches(batch);
  for (DeviceBatch& microbatch : microbatches) {
    microbatch.draws = method_->Draw(microbatch, streams);
  }
  if (before_update_) before_update_();
  replay_->Run(objective_.Weights(number, run_), microbatches,
               [this, streams, number](const std::vector<DeviceBatch>& inputs) {
                 Compute(inputs, streams, number, /*with_diagnostics=*/false);
                 Update();
               });
}

std::vector<std::pair<std::string, double>> TrainStep::Diagnostics(
    int64_t number) const {
  if (replay_ == nullptr) return computed_.loss.diagnostics;
  // The host reads the diagnostics; the graph has kept their inputs.
  const at::NoGradGuard no_grad;
  std::vector<TotalLoss> losses;
  for (const StepOutput& output : computed_.read_by_terms) {
    losses.push_back(objective_.Combine(output, number, run_,
                                        /*with_diagnostics=*/true));
  }
  return MeanOfMicrobatches(losses).diagnostics;
}

void TrainStep::Compute(const std::vector<DeviceBatch>& microbatches,
                        const base::Streams& streams, int64_t number,
                        bool with_diagnostics) {
  std::vector<TotalLoss> losses;
  std::vector<at::Tensor> embeddings;
  computed_.read_by_terms.clear();
  for (size_t k = 0; k < microbatches.size(); ++k) {
    const bool last = k + 1 == microbatches.size();
    if (last) reducer_.Prepare();
    StepPhase phase(kForwardPhase);
    const StepOutput output = slices_ != nullptr
                                  ? slices_->Forward(microbatches[k], streams)
                                  : method_->Step(microbatches[k], streams);
    phase.End();
    losses.push_back(
        Backward(output, number, microbatches_, last, with_diagnostics));
    if (slices_ != nullptr) {
      const StepPhase backward(kBackwardPhase);
      slices_->Backward();
    }
    embeddings.push_back(output.embedding);
    if (replay_ != nullptr) {
      computed_.read_by_terms.push_back(
          ReadByTerms(output, objective_.request()));
    }
  }
  computed_.loss = MeanOfMicrobatches(losses);
  computed_.embedding =
      microbatches_ == 1 ? embeddings[0] : at::cat(embeddings);
  ClipAndCheck();
}

TotalLoss TrainStep::Backward(const StepOutput& output, int64_t number,
                              int64_t microbatches, bool last,
                              bool with_diagnostics) {
  StepPhase phase(kTermsPhase);
  TotalLoss loss = objective_.Combine(output, number, run_, with_diagnostics);
  const at::Tensor share = microbatches == 1
                               ? loss.total
                               : loss.total / static_cast<double>(microbatches);
  phase.Next(kBackwardPhase);
  if (last) {
    reducer_.Backward(share);
  } else {
    share.backward();  // adds up gradients, exchanges none
  }
  loss.total = loss.total.detach();
  return loss;
}

void TrainStep::Average(TotalLoss& loss) const {
  if (processes_.single()) return;
  std::vector<at::Tensor> values = {loss.total.to(at::kDouble)};
  for (const Term& term : loss.terms) {
    values.push_back(term.value.to(at::kDouble));
  }
  // Terms over the batch are equal on all processes, the others are means over
  // equally many rows: the mean is right for both.
  const at::Tensor mean = processes_.Sum(at::stack(values)) /
                          static_cast<double>(processes_.size());
  loss.total = mean[0];
  for (size_t i = 0; i < loss.terms.size(); ++i) {
    loss.terms[i].value = mean[static_cast<int64_t>(i) + 1];
  }
}

void TrainStep::ClipAndCheck() {
  const StepPhase phase(kJudgePhase);
  Average(computed_.loss);
  computed_.grad_norm = clip_grad_norm_ > 0
                            ? optimizer_->ClipGradNorm(clip_grad_norm_)
                            : optimizer_->GradNorm();
  computed_.skip = guard_.Judge(computed_.loss.total, computed_.grad_norm);
}

bool TrainStep::SkippedOnHost() const {
  return computed_.skip.is_cpu() && computed_.skip.item<float>() > 0;
}

void TrainStep::Update() {
  const StepPhase phase(kOptimizerPhase);
  if (!computed_.skip.is_cpu()) {
    optimizer_->Update(computed_.skip);
  } else if (!SkippedOnHost()) {
    optimizer_->Update({});
  }
  optimizer_->ZeroGrad();
}

absl::StatusOr<TotalLoss> TrainStep::Finish(int64_t number,
                                            bool with_diagnostics) {
  const bool skipped = SkippedOnHost();
  if (!skipped) {
    method_->AfterOptimizerStep({number, run_});
    objective_.AfterOptimizerStep({number, run_});
  }
  embedding_ = computed_.embedding;
  RestoreState();
  TotalLoss loss = computed_.loss;
  if (with_diagnostics) loss.diagnostics = Diagnostics(number);
  if (skipped || with_diagnostics) {
    const absl::Status status = guard_.Check();
    if (!status.ok()) {
      return Explain(status, Describe(loss, computed_.grad_norm),
                     guard_.action());
    }
  }
  if (with_diagnostics && guard_.action() == OnNonfinite::kSkip) {
    loss.diagnostics.emplace_back("skipped",
                                  static_cast<double>(guard_.skipped()));
  }
  return loss;
}

void TrainStep::KeepState() {
  if (guard_.action() != OnNonfinite::kSkip) return;
  const at::NoGradGuard no_grad;
  kept_.clear();
  vit::StateDict state = method_->NamedState();
  state.merge(vit::GetStateDict(objective_.module()));
  for (const auto& [name, tensor] : state) {
    if (!tensor.requires_grad()) kept_.emplace_back(tensor, tensor.clone());
  }
}

void TrainStep::RestoreState() {
  if (guard_.action() != OnNonfinite::kSkip) return;
  if (computed_.skip.is_cpu() && !SkippedOnHost()) return;
  const at::NoGradGuard no_grad;
  const at::Tensor skipped = computed_.skip.squeeze(0) > 0;  // []
  for (auto& [tensor, before] : kept_) {
    tensor.copy_(at::where(skipped, before, tensor));
  }
  embedding_ = at::where(skipped, at::zeros_like(embedding_), embedding_);
}

absl::Status TrainStep::CheckFinite() {
  const absl::Status status = guard_.Check();
  return status.ok() ? status : Explain(status, "", guard_.action());
}

}  // namespace caldera::ssl
