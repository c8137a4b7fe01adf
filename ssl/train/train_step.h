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
#include "ssl/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/optim/adamw.h"
#include "ssl/schedule/duration.h"
#include "ssl/schedule/schedule.h"
#include "ssl/train/objective.h"
#include "ssl/train/shards.h"

namespace caldera::ssl {

class TrainStep {
 public:
  // shards: CPU threads that compute a part of the batch each (shards.h); 1 for
  // methods that are not samplewise, and on a GPU.
  TrainStep(const Experiment& experiment, std::shared_ptr<Method> method,
            Objective objective, const RunLength& run, int shards = 1);

  // Forward, backward and update of step `number` (from 0).
  absl::StatusOr<TotalLoss> Run(const DeviceBatch& batch,
                                const data::Streams& streams, int64_t number,
                                bool with_diagnostics);

  // The same from a forward pass that is done, at a given rate. An Internal
  // error names the step
  // and the terms where the loss is not finite; the weights are then untouched.
  // On a GPU that is looked at only when `with_diagnostics` waits anyway.
  absl::StatusOr<TotalLoss> Apply(const StepOutput& output, int64_t number,
                                  double lr, bool with_diagnostics);

  // Called in each step after backward, before anything updates the weights.
  void set_before_update(std::function<void()> before_update) {
    before_update_ = std::move(before_update);
  }

  double LearningRate(int64_t number) const;
  AdamW& optimizer() { return optimizer_; }

 private:
  absl::StatusOr<TotalLoss> Finish(const StepOutput& output, int64_t number,
                                   double lr, bool with_diagnostics,
                                   Shards* shards);

  std::shared_ptr<Method> method_;
  Objective objective_;
  RunLength run_;
  WarmupCosine schedule_;
  double clip_grad_norm_;
  AdamW optimizer_;
  std::function<void()> before_update_;
  std::unique_ptr<Shards> shards_;  // null: the whole batch at once
};

// How many shards serve `method` on `device`: a thread each of ATen's.
int ShardCount(const Method& method, const at::Device& device);

// The learning-rate schedule of a spec, scaled by the batch where it says so.
WarmupCosine MakeLearningRateSchedule(const OptimizerSpec& spec,
                                      const RunLength& run);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_TRAIN_STEP_H_
