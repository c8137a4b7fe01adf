#ifndef CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_H_
#define CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_H_

// One optimizer step: total loss, backward, clipping, update.
//
//   TrainStep step(experiment, method, objective, run);
//   absl::StatusOr<TotalLoss> loss = step.Run(batch, streams, number, false);
//
// The trainer, the benchmark and the golden trajectories all step through here.
//
// With train.accumulate_steps the rows of the batch are that many equal parts,
// one after the other (data::LoaderOptions::parts). Each is a forward and a
// backward pass; gradients and losses are the means over the parts.

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
#include "ssl/train/step/shards.h"
#include "ssl/train/step/step_graph.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct TrainStepOptions {
  // CPU threads that compute a part of the batch each (shards.h); 1 on a GPU.
  // Several processes compute their rows without shards.
  int shards = 1;
  // Whose gradients are averaged; outlives the step.
  const Processes* processes = &Processes::Single();
  OnNonfinite on_nonfinite = OnNonfinite::kStop;
  // Steps are recorded in what this makes and replayed (graph_replay.h); empty:
  // each is run as it is. Only for a method that stays on its device, and a
  // process alone.
  std::function<std::unique_ptr<StepGraph>()> make_graph;
};

class TrainStep {
 public:
  // Method and objective are where they will stay, and compute in
  // train.precision from now on.
  TrainStep(const Experiment& experiment, std::shared_ptr<Method> method,
            Objective objective, const RunLength& run,
            const TrainStepOptions& options = {});

  // Forward, backward and update of step `number` (from 0). `batch`: the rows
  // of this process. The loss and its terms are those of all processes.
  //
  // Where loss or gradient are not finite nothing is updated: neither weights
  // nor the optimizer's state nor what a method keeps besides. An Internal
  // error then names the step and the terms, unless on_nonfinite is kSkip. On a
  // GPU that is looked at only when `with_diagnostics` waits anyway, and by
  // CheckFinite.
  absl::StatusOr<TotalLoss> Run(const DeviceBatch& batch,
                                const base::Streams& streams, int64_t number,
                                bool with_diagnostics);

  // The same from a forward pass of the whole batch that is done, at a given
  // rate.
  absl::StatusOr<TotalLoss> Apply(const StepOutput& output, int64_t number,
                                  double lr, bool with_diagnostics);

  // The error of steps whose loss or gradient was not finite, where Run has
  // not looked yet: before a checkpoint. Waits for the device.
  absl::Status CheckFinite();

  // Called in each step after backward, before anything updates the weights.
  void set_before_update(std::function<void()> before_update) {
    before_update_ = std::move(before_update);
  }

  // StepOutput::embedding of the last step, of this process's rows. Zeros of a
  // step that was skipped.
  const at::Tensor& embedding() const { return embedding_; }

  double LearningRate(int64_t number) const;
  Optimizer& optimizer() { return *optimizer_; }
  // Weights and buffers of the method and of the objective's terms, and the
  // count of skipped steps, by name.
  vit::StateDict ModelState() const;

 private:
  // What forward and backward of a step leave on the device.
  struct Computed {
    TotalLoss loss;  // of this process; detached
    at::Tensor embedding;
    at::Tensor grad_norm;  // []
    at::Tensor skip;       // [1], of NonfiniteGuard
    // By part, where steps are replayed: what the terms read.
    std::vector<StepOutput> read_by_terms;
  };

  std::vector<DeviceBatch> Parts(const DeviceBatch& batch) const;
  // Forward and backward of all parts. Only the device works, but for Average.
  void Compute(const std::vector<DeviceBatch>& parts,
               const base::Streams& streams, int64_t number,
               bool with_diagnostics);
  // The same and the update, from a graph.
  void Replay(const DeviceBatch& batch, const base::Streams& streams,
              int64_t number);
  std::vector<std::pair<std::string, double>> Diagnostics(int64_t number) const;
  // Backward of one of `parts` parts; `last`: its gradients are exchanged.
  TotalLoss Backward(const StepOutput& output, int64_t number, int64_t parts,
                     bool last, bool with_diagnostics);
  // Averages the loss over the processes, clips and judges the gradients.
  void Judge();
  // The values over all processes, in place.
  void Average(TotalLoss& loss) const;
  // From judged gradients to the weights.
  void Update();
  // All that follows the update.
  absl::StatusOr<TotalLoss> Finish(int64_t number, bool with_diagnostics);
  // What a step changes besides the weights: statistics, EMA teachers. Kept
  // where steps may be skipped.
  void KeepState();
  void RestoreState();
  // Whether the host knows that nothing was updated. A GPU decides by itself.
  bool SkippedOnHost() const;

  std::shared_ptr<Method> method_;
  Objective objective_;
  RunLength run_;
  LearningRateOptions schedule_;
  double clip_grad_norm_;
  int64_t parts_;
  std::unique_ptr<Optimizer> optimizer_;
  std::function<void()> before_update_;
  Computed computed_;  // by a graph: the same tensors in every step
  at::Tensor embedding_;
  const Processes& processes_;
  std::unique_ptr<Shards> shards_;  // null: a part at once
  GradientReducer reducer_;
  NonfiniteGuard guard_;
  std::unique_ptr<GraphReplay> replay_;  // null: steps run as they are
  std::vector<std::pair<at::Tensor, at::Tensor>> kept_;  // itself, before
};

// Trained numbers above which a step is no longer computed in shards: each has
// gradients of its own, which then weigh more than what a batch leaves for the
// backward pass, and operations are long enough for threads to share them.
inline constexpr int64_t kMostShardedParameters = int64_t{32} << 20;

// How many shards serve `method` on `device`: a thread each of ATen's, or 1.
int ShardCount(const at::Device& device, const Method& method);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_TRAIN_STEP_H_
