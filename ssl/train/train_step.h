#ifndef CALDERA_SSL_TRAIN_TRAIN_STEP_H_
#define CALDERA_SSL_TRAIN_TRAIN_STEP_H_

// One optimizer step: total loss, backward, clipping, update.
//
//   TrainStep step(experiment, method, objective, run);
//   absl::StatusOr<TotalLoss> loss = step.Run(batch, streams, number, false);
//
// The trainer, the benchmark and the golden trajectories all step through here.

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "data/random_stream.h"
#include "ssl/distributed/gradient_reducer.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/optim/optimizer.h"
#include "ssl/schedule/duration.h"
#include "ssl/schedule/learning_rate.h"
#include "ssl/train/objective.h"
#include "ssl/train/shards.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

class TrainStep {
 public:
  // shards: CPU threads that compute a part of the batch each (shards.h); 1 on
  // a GPU. processes: whose gradients are averaged; outlives this; null: this
  // one alone. Several processes compute their rows without shards. Method and
  // objective are where they will stay.
  TrainStep(const Experiment& experiment, std::shared_ptr<Method> method,
            Objective objective, const RunLength& run, int shards = 1,
            const Processes* processes = nullptr);

  // Forward, backward and update of step `number` (from 0). `batch`: the rows
  // of this process. The loss and its terms are those of all processes; on a
  // GPU only with diagnostics.
  absl::StatusOr<TotalLoss> Run(const DeviceBatch& batch,
                                const data::Streams& streams, int64_t number,
                                bool with_diagnostics);

  // The same from a forward pass that is done, at a given rate. An Internal
  // error names the step and the terms where the loss is not finite; the
  // weights are then untouched. On a GPU that is looked at only when
  // `with_diagnostics` waits anyway.
  absl::StatusOr<TotalLoss> Apply(const StepOutput& output, int64_t number,
                                  double lr, bool with_diagnostics);

  // Called in each step after backward, before anything updates the weights.
  void set_before_update(std::function<void()> before_update) {
    before_update_ = std::move(before_update);
  }

  // StepOutput::embedding of the last step, of this process's rows.
  const at::Tensor& embedding() const { return embedding_; }

  double LearningRate(int64_t number) const;
  Optimizer& optimizer() { return *optimizer_; }
  // Weights and buffers of the method and of the objective's terms, by name.
  vit::StateDict ModelState() const;

 private:
  // The values over all processes, in place.
  void Average(TotalLoss& loss) const;
  absl::StatusOr<TotalLoss> Finish(const StepOutput& output, int64_t number,
                                   double lr, bool with_diagnostics,
                                   Shards* shards);

  std::shared_ptr<Method> method_;
  Objective objective_;
  RunLength run_;
  LearningRateOptions schedule_;
  double clip_grad_norm_;
  std::unique_ptr<Optimizer> optimizer_;
  std::function<void()> before_update_;
  at::Tensor embedding_;
  std::unique_ptr<Shards> shards_;            // null: the whole batch at once
  const Processes* processes_;                // null: alone
  std::unique_ptr<GradientReducer> reducer_;  // null: alone
};

// How many shards serve on `device`: a thread each of ATen's.
int ShardCount(const at::Device& device);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_TRAIN_STEP_H_
