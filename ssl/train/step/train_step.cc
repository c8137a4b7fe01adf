#include "ssl/train/step/train_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ssl/objective/step_phase.h"
#include "vit/state_dict.h"

namespace caldera::ssl {
namespace {

// Returns true if the host knows that nothing is updated. A GPU decides by
// itself.
bool SkippedOnHost(const at::Tensor& skip) {
  return skip.is_cpu() && skip.item<float>() > 0;
}

// What a step changes besides the weights: statistics, EMA teachers. Kept only
// if steps may be skipped.
class StateBefore {
 public:
  explicit StateBefore(const Learner& learner)
      : may_skip_(learner.guard.action() == OnNonfinite::kSkip) {
    if (!may_skip_) return;
    const at::NoGradGuard no_grad;
    vit::StateDict state = learner.method->NamedState();
    state.merge(vit::GetStateDict(learner.objective.module()));
    for (const auto& [name, tensor] : state) {
      if (!tensor.requires_grad()) kept_.emplace_back(tensor, tensor.clone());
    }
  }

  // Undoes the changes of a step that was skipped.
  void RestoreIfSkipped(StepResult& result) const {
    if (!may_skip_ || (result.skip.is_cpu() && !SkippedOnHost(result.skip))) {
      return;
    }
    const at::NoGradGuard no_grad;
    const at::Tensor skipped = result.skip.squeeze(0) > 0;  // []
    for (const auto& [tensor, before] : kept_) {
      tensor.copy_(at::where(skipped, before, tensor));
    }
    result.embedding =
        at::where(skipped, at::zeros_like(result.embedding), result.embedding);
  }

 private:
  bool may_skip_;
  std::vector<std::pair<at::Tensor, at::Tensor>> kept_;  // tensor, old value
};

// Splits the rows of a batch into microbatches.
std::vector<DeviceBatch> Microbatches(const DeviceBatch& batch, int64_t count) {
  if (count == 1) return {batch};
  const int64_t rows = batch.index.size(0) / count;
  std::vector<DeviceBatch> microbatches;
  for (int64_t k = 0; k < count; ++k) {
    microbatches.push_back(SliceBatch(batch, k * rows, (k + 1) * rows));
  }
  return microbatches;
}

StepOutput Forward(const Learner& learner, const DeviceBatch& microbatch,
                   const base::Streams& streams) {
  const StepPhase phase(kForwardPhase);
  return learner.slices != nullptr
             ? learner.slices->Forward(microbatch, streams)
             : learner.method->Step(microbatch, streams);
}

// Adds the gradient of a microbatch's share of the loss, and drops the graph of
// the loss. The last microbatch exchanges the gradients with the other
// processes.
void Backward(Learner& learner, TotalLoss& loss, bool last) {
  const StepPhase phase(kBackwardPhase);
  const at::Tensor share =
      learner.accumulate_steps == 1
          ? loss.total
          : loss.total / static_cast<double>(learner.accumulate_steps);
  if (last) {
    learner.reducer.Backward(share);
  } else {
    share.backward();
  }
  if (learner.slices != nullptr) learner.slices->Backward();
  loss.total = loss.total.detach();
}

TotalLoss AddTerms(const Learner& learner, const StepOutput& output,
                   int64_t number, bool with_diagnostics) {
  const StepPhase phase(kTermsPhase);
  // The host cannot read diagnostics from within a graph (Report).
  return learner.objective.Combine(
      output, number, learner.run,
      with_diagnostics && learner.replay == nullptr);
}

at::Tensor ClipGradNorm(const Learner& learner) {
  return learner.clip_grad_norm > 0
             ? learner.optimizer->ClipGradNorm(learner.clip_grad_norm)
             : learner.optimizer->GradNorm();
}

// Replaces the values of this process by the means over all processes.
void Average(const Processes& processes, TotalLoss& loss) {
  if (processes.single()) return;
  std::vector<at::Tensor> values = {loss.total.to(at::kDouble)};
  for (const Term& term : loss.terms) {
    values.push_back(term.value.to(at::kDouble));
  }
  // Terms over the batch are equal on all processes, the others are means over
  // equally many rows: the mean is right for both.
  const at::Tensor mean =
      processes.Sum(at::stack(values)) / static_cast<double>(processes.size());
  loss.total = mean[0];
  for (size_t i = 0; i < loss.terms.size(); ++i) {
    loss.terms[i].value = mean[static_cast<int64_t>(i) + 1];
  }
}

void Update(Learner& learner, const at::Tensor& skip) {
  const StepPhase phase(kOptimizerPhase);
  if (!skip.is_cpu()) {
    learner.optimizer->Update(skip);
  } else if (!SkippedOnHost(skip)) {
    learner.optimizer->Update({});
  }
  learner.optimizer->ZeroGrad();
}

// Keeps the own terms of a microbatch and the context that the other terms
// read, without its graph and the rest, if steps are replayed.
void KeepForReplay(const Learner& learner, const StepOutput& output,
                   StepResult& result) {
  if (learner.replay == nullptr) return;
  const ContextRequest request = learner.objective.request();
  StepOutput kept;
  kept.terms = output.terms;
  for (Term& term : kept.terms) term.value = term.value.detach();
  kept.context = output.context;
  StepContext& context = kept.context;
  for (at::Tensor* tensor : RowTensors(context, request)) {
    *tensor = tensor->detach();
  }
  if (!request.views) context.views.clear();
  if (!request.embeddings) context.embeddings.clear();
  if (!request.latent) context.latent = at::Tensor();
  if (!request.prediction) {
    context.prediction = context.patch_loss = at::Tensor();
  }
  result.read_by_terms.push_back(std::move(kept));
}

// Draws the random numbers of each microbatch, which a graph does not.
std::vector<DeviceBatch> WithDraws(const Method& method,
                                   std::vector<DeviceBatch> microbatches,
                                   const base::Streams& streams) {
  for (DeviceBatch& microbatch : microbatches) {
    microbatch = method.Drawn(std::move(microbatch), streams);
  }
  return microbatches;
}

// Returns the diagnostics of a replayed step: the host reads them, so they are
// computed outside of the graph, which has kept their inputs.
std::vector<std::pair<std::string, double>> ReplayedDiagnostics(
    const Learner& learner, const StepResult& result, int64_t number) {
  const at::NoGradGuard no_grad;
  std::vector<TotalLoss> losses;
  for (const StepOutput& output : result.read_by_terms) {
    losses.push_back(learner.objective.Combine(output, number, learner.run,
                                               /*with_diagnostics=*/true));
  }
  return MeanOfMicrobatches(losses).diagnostics;
}

// Describes the loss and its terms for an error.
std::string Describe(const StepResult& result) {
  std::string text = absl::StrCat(" (loss ", result.loss.total.item<double>());
  for (const Term& term : result.loss.terms) {
    absl::StrAppend(&text, ", ", term.name, " ", term.value.item<double>(),
                    " x ", term.weight);
  }
  return absl::StrCat(text, ", gradient's norm ",
                      result.grad_norm.item<double>(), ")");
}

// Completes the diagnostics, and returns the error of a step that is not
// finite.
absl::Status Report(Learner& learner, int64_t number, bool with_diagnostics,
                    StepResult& result) {
  NonfiniteGuard& guard = learner.guard;
  auto& diagnostics = result.loss.diagnostics;
  if (with_diagnostics && learner.replay != nullptr) {
    diagnostics = ReplayedDiagnostics(learner, result, number);
  }
  if (!with_diagnostics && !SkippedOnHost(result.skip)) {
    return absl::OkStatus();
  }
  const absl::Status status = guard.Check();
  if (!status.ok()) {
    return ExplainNonfinite(status, Describe(result), guard.action());
  }
  if (with_diagnostics && guard.action() == OnNonfinite::kSkip) {
    diagnostics.emplace_back("skipped", static_cast<double>(guard.skipped()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StepResult> TrainStep(Learner& learner, const DeviceBatch& batch,
                                     const base::Streams& streams,
                                     int64_t number, bool with_diagnostics) {
  const RunPosition at{number, learner.run};
  learner.method->BeforeStep(at);
  const StateBefore before(learner);
  learner.guard.SetStep(number);
  learner.optimizer->SetLearningRate(learner.learning_rate(number));

  // From the images to the gradients; a CUDA graph can hold it.
  const auto compute = [&learner, streams, number, with_diagnostics](
                           const std::vector<DeviceBatch>& microbatches) {
    StepResult result;
    std::vector<TotalLoss> losses;
    std::vector<at::Tensor> embeddings;
    for (const DeviceBatch& microbatch : microbatches) {
      const bool last = &microbatch == &microbatches.back();
      if (last) learner.reducer.Prepare();
      const StepOutput output = Forward(learner, microbatch, streams);
      TotalLoss loss = AddTerms(learner, output, number, with_diagnostics);
      Backward(learner, loss, last);
      losses.push_back(std::move(loss));
      embeddings.push_back(output.embedding);
      KeepForReplay(learner, output, result);
    }
    result.loss = MeanOfMicrobatches(losses);
    result.embedding =
        embeddings.size() == 1 ? embeddings[0] : at::cat(embeddings);  // [B, D]
    const StepPhase phase(kJudgePhase);
    Average(*learner.processes, result.loss);
    result.grad_norm = ClipGradNorm(learner);
    result.skip = learner.guard.Judge(result.loss.total, result.grad_norm);
    return result;
  };
  StepResult result;
  const auto microbatches = Microbatches(batch, learner.accumulate_steps);
  if (learner.replay == nullptr) {
    result = compute(microbatches);
    if (learner.before_update) learner.before_update();
    Update(learner, result.skip);
  } else {
    if (learner.before_update) learner.before_update();
    result = learner.replay->Run(
        learner.objective.Weights(number, learner.run),
        WithDraws(*learner.method, microbatches, streams),
        [&learner, compute](const std::vector<DeviceBatch>& inputs) {
          StepResult replayed = compute(inputs);
          Update(learner, replayed.skip);
          return replayed;
        });
  }

  if (!SkippedOnHost(result.skip)) {
    learner.method->AfterOptimizerStep(at);
    learner.objective.AfterOptimizerStep(at);
  }
  before.RestoreIfSkipped(result);
  RETURN_IF_ERROR(Report(learner, number, with_diagnostics, result));
  return result;
}

}  // namespace caldera::ssl
