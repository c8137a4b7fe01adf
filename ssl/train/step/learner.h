// What a step of training reads and changes: the method, what is minimised, the
// optimizer, and the ways in which a step runs. train_step.h takes the step.
//
//   Learner learner(experiment, method, std::move(objective), run);
//   absl::StatusOr<StepResult> result =
//       TrainStep(learner, batch, streams, number, false);
#ifndef CALDERA_SSL_TRAIN_STEP_LEARNER_H_
#define CALDERA_SSL_TRAIN_STEP_LEARNER_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "ssl/distributed/gradient_reducer.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/objective/objective.h"
#include "ssl/optim/optimizer.h"
#include "ssl/schedule/duration.h"
#include "ssl/train/step/graph_replay.h"
#include "ssl/train/step/nonfinite_guard.h"
#include "ssl/train/step/step_graph.h"
#include "ssl/train/step/thread_slices.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct LearnerOptions {
  // CPU threads, each of which computes a thread slice of the batch
  // (thread_slices.h); 1 on a GPU. Several processes compute their rows without
  // thread slices.
  int thread_slices = 1;
  // The processes whose gradients are averaged; outlive the learner.
  const Processes* processes = &Processes::Single();
  OnNonfinite on_nonfinite = OnNonfinite::kStop;
  // Makes the graph in which steps are recorded and from which they are
  // replayed (graph_replay.h); empty: each step runs directly. Only for a
  // method that stays on its device, in a single process.
  std::function<std::unique_ptr<StepGraph>()> make_graph;
};

struct Learner {
  // Method and objective are on their final device, and compute in
  // train.precision from now on.
  Learner(const Experiment& experiment, std::shared_ptr<Method> method,
          Objective objective, const RunLength& run,
          const LearnerOptions& options = {});

  // Returns weights and buffers of the method and of the terms of the
  // objective, and the count of skipped steps, by name.
  vit::StateDict ModelState() const;
  // Returns the error of steps whose loss or gradient was not finite and that
  // no step has checked yet: is called before a checkpoint. Waits for the
  // device.
  absl::Status CheckFinite();

  std::shared_ptr<Method> method;
  Objective objective;
  RunLength run;
  std::function<double(int64_t step)> learning_rate;
  double clip_grad_norm;  // 0: no clipping
  int64_t accumulate_steps;
  std::unique_ptr<Optimizer> optimizer;
  const Processes* processes;
  GradientReducer reducer;
  NonfiniteGuard guard;
  std::unique_ptr<ThreadSlices> slices;  // null: no slices
  std::unique_ptr<GraphReplay> replay;   // null: steps run directly
  // Is called in each step before anything updates the weights; may be empty.
  std::function<void()> before_update;
};

// Adds the values of the step and the remedies to the error of a step that is
// not finite.
absl::Status ExplainNonfinite(const absl::Status& status,
                              const std::string& values, OnNonfinite action);

// The number of trained parameters above which a step is no longer computed in
// thread slices: each slice has gradients of its own, which then need more
// memory than a batch leaves for the backward pass, and operations are long
// enough for threads to share them.
inline constexpr int64_t kMostSlicedParameters = int64_t{32} << 20;

// Returns how many thread slices serve `method` on `device`: one for each of
// ATen's threads, or 1.
int ThreadSliceCount(const at::Device& device, const Method& method);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_STEP_LEARNER_H_
