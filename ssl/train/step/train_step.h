// One optimizer step: total loss, backward, clipping, update.
//
//   TrainStep step(experiment, method, objective, run);
//   absl::StatusOr<TotalLoss> loss = step.Run(batch, streams, number, false);
//
// The trainer, the benchmark and the golden trajectories all step through this
// class.
//
// With train.accumulate_steps the rows of the batch are that many equal
// microbatches, one after the other (data::LoaderOptions::microbatches). Each
// is a forward and a backward pass; gradients and losses are the means over the
// microbatches.
#ifndef CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_H_
#define CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random_stream.h"
#include "ssl/distributed/gradient_reducer.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/objective/objective.h"
#include "ssl/optim/optimizer.h"
#include "ssl/schedule/duration.h"
#include "ssl/schedule/learning_rate.h"
#include "ssl/train/step/graph_replay.h"
#include "ssl/train/step/nonfinite_guard.h"
#include "ssl/train/step/step_graph.h"
#include "ssl/train/step/thread_slices.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct TrainStepOptions {
  // CPU threads, each of which computes a thread slice of the batch
  // (thread_slices.h); 1 on a GPU. Several processes compute their rows without
  // thread slices.
  int thread_slices = 1;
  // The processes whose gradients are averaged; outlive the step.
  const Processes* processes = &Processes::Single();
  OnNonfinite on_nonfinite = OnNonfinite::kStop;
  // Makes the graph in which steps are recorded and from which they are
  // replayed (graph_replay.h); empty: each step runs directly. Only for a
  // method that stays on its device, in a single process.
  std::function<std::unique_ptr<StepGraph>()> make_graph;
};

class TrainStep {
 public:
  // Method and objective are on their final device, and compute in
  // train.precision from now on.
  TrainStep(const Experiment& experiment, std::shared_ptr<Method> method,
            Objective objective, const RunLength& run,
            const TrainStepOptions& options = {});

  // Runs forward, backward and update of step `number` (from 0). `batch`
  // contains the rank rows of this process. The returned loss and its terms are
  // those of all processes.
  //
  // If loss or gradient are not finite, nothing is updated: neither weights nor
  // the state of the optimizer nor other state of a method. An Internal error
  // then names the step and the terms, unless on_nonfinite is kSkip. On a GPU
  // this is checked only when `with_diagnostics` waits anyway, and by
  // CheckFinite.
  absl::StatusOr<TotalLoss> Run(const DeviceBatch& batch,
                                const base::Streams& streams, int64_t number,
                                bool with_diagnostics);

  // Does the same from the finished forward pass of a full batch, at a given
  // rate.
  absl::StatusOr<TotalLoss> Apply(const StepOutput& output, int64_t number,
                                  double lr, bool with_diagnostics);

  // Returns the error of steps whose loss or gradient was not finite and that
  // Run has not checked yet: is called before a checkpoint. Waits for the
  // device.
  absl::Status CheckFinite();

  // Sets a function that is called in each step after backward, before anything
  // updates the weights.
  void set_before_update(std::function<void()> before_update) {
    before_update_ = std::move(before_update);
  }

  // Returns StepOutput::embedding of the last step, for the rank rows of this
  // process. Zeros after a skipped step.
  const at::Tensor& embedding() const { return embedding_; }

  // Returns the learning rate of step `number`.
  double LearningRate(int64_t number) const;
  Optimizer& optimizer() { return *optimizer_; }
  // Returns weights and buffers of the method and of the terms of the
  // objective, and the count of skipped steps, by name.
  vit::StateDict ModelState() const;

 private:
  // The results of forward and backward of a step, on the device.
  struct Computed {
    TotalLoss loss;  // of this process, detached
    at::Tensor embedding;
    at::Tensor grad_norm;  // []
    at::Tensor skip;       // [1], of NonfiniteGuard
    // The inputs of the terms by microbatch, kept if steps are replayed.
    std::vector<StepOutput> read_by_terms;
  };

  // Splits the rows of a batch into train.accumulate_steps microbatches.
  std::vector<DeviceBatch> Microbatches(const DeviceBatch& batch) const;
  // Runs forward and backward of all microbatches. Only the device works,
  // except in Average.
  void Compute(const std::vector<DeviceBatch>& microbatches,
               const base::Streams& streams, int64_t number,
               bool with_diagnostics);
  // Does the same and the update, from a graph.
  void Replay(const DeviceBatch& batch, const base::Streams& streams,
              int64_t number);
  // Returns the diagnostics of the last step.
  std::vector<std::pair<std::string, double>> Diagnostics(int64_t number) const;
  // Runs backward of one of `microbatches` microbatches; `last`: its gradients
  // are exchanged.
  TotalLoss Backward(const StepOutput& output, int64_t number,
                     int64_t microbatches, bool last, bool with_diagnostics);
  // Averages the loss over the processes, clips the gradients and checks that
  // both are finite.
  void ClipAndCheck();
  // Replaces the values of this process by the means over all processes.
  void Average(TotalLoss& loss) const;
  // Updates the weights from the checked gradients.
  void Update();
  // Does everything that follows the update.
  absl::StatusOr<TotalLoss> Finish(int64_t number, bool with_diagnostics);
  // Keep and restore what a step changes besides the weights: statistics, EMA
  // teachers. Only if steps may be skipped.
  void KeepState();
  void RestoreState();
  // Returns true if the host knows that nothing was updated. A GPU decides by
  // itself.
  bool SkippedOnHost() const;

  std::shared_ptr<Method> method_;
  Objective objective_;
  RunLength run_;
  LearningRateOptions schedule_;
  double clip_grad_norm_;
  int64_t microbatches_;
  std::unique_ptr<Optimizer> optimizer_;
  std::function<void()> before_update_;
  Computed computed_;  // with a graph: the same tensors in every step
  at::Tensor embedding_;
  const Processes& processes_;
  std::unique_ptr<ThreadSlices> slices_;  // null: no slices
  GradientReducer reducer_;
  NonfiniteGuard guard_;
  std::unique_ptr<GraphReplay> replay_;  // null: steps run directly
  std::vector<std::pair<at::Tensor, at::Tensor>> kept_;  // tensor, old value
};

// The number of trained parameters above which a step is no longer computed in
// thread slices: each slice has gradients of its own, which then need more
// memory than a batch leaves for the backward pass, and operations are long
// enough for threads to share them.
inline constexpr int64_t kMostSlicedParameters = int64_t{32} << 20;

// Returns how many thread slices serve `method` on `device`: one for each of
// ATen's threads, or 1.
int ThreadSliceCount(const at::Device& device, const Method& method);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_H_
