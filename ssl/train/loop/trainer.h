// The one training loop. It knows no method by name.
//
//   auto trainer = Trainer::Create(experiment, options);
//   auto folder = RunFolder::Open("runs/a/b", experiment);
//   absl::StatusOr<bool> finished = (*trainer)->Run(&*folder);
//
// A second start on the same folder resumes from the newest checkpoint and ends
// in the same bits (same device and thread count).
#ifndef CALDERA_SSL_TRAIN_LOOP_TRAINER_H_
#define CALDERA_SSL_TRAIN_LOOP_TRAINER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "data/loader/loader.h"
#include "data/sets/dataset.h"
#include "ssl/distributed/processes.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/methods/method.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/train/checkpoint/checkpoint.h"
#include "ssl/train/checkpoint/checkpoint_plan.h"
#include "ssl/train/checkpoint/checkpoint_writer.h"
#include "ssl/train/loop/batch_feed.h"
#include "ssl/train/monitor/recorder.h"
#include "ssl/train/monitor/run_folder.h"
#include "ssl/train/monitor/step_observer.h"
#include "ssl/train/step/learner.h"
#include "ssl/train/step/nonfinite_guard.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct TrainerOptions {
  at::Device device = at::kCPU;
  bool show_progress = true;
  // The processes that train together, each with its rank rows of every batch;
  // outlive the trainer.
  const Processes* processes = &Processes::Single();
  // Says what a loss or a gradient that is not finite does to the run.
  OnNonfinite on_nonfinite = OnNonfinite::kStop;
  // Is called after each step with the number of steps done; true: write a
  // checkpoint and return. Among several processes one true is enough.
  std::function<bool(int64_t)> should_stop;
  // Is called alike; true: write a checkpoint and go on.
  std::function<bool(int64_t)> should_save;
  // The training set; null: the set that experiment.data names.
  std::shared_ptr<const data::Dataset> dataset;
  // The first so many steps use one batch, which stays on the device: for
  // measuring steps without loading.
  int64_t repeat_first_batch = 0;
  // The type of parameters, buffers, images and losses. In kDouble a test
  // compares runs over many steps, in which the rounding of float would grow by
  // an amount that depends on the processor; train.precision is then FP32.
  // Checkpoints store that type, so both halves of a resumed run have the same.
  // Observers receive embeddings of that type; those that draw pictures need
  // kFloat.
  at::ScalarType dtype = at::kFloat;
};

class Trainer {
 public:
  // Opens the data and builds everything; writes nothing. Returns the errors of
  // data::OpenDataset and data::Loader::Create, and one for images that do not
  // fit the encoder.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(
      ExperimentPlan plan, const TrainerOptions& options);
  // Plans the experiment first.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(
      const Experiment& experiment, const TrainerOptions& options);

  // Trains to the end, from the newest checkpoint if there is one. Returns true
  // when finished, false if should_stop ended the run. Only rank 0 reads and
  // writes the folder; the other ranks pass null. Errors while training name
  // the last good checkpoint. An exception of a step is an error:
  // ResourceExhausted where memory ran out.
  absl::StatusOr<bool> Run(const RunFolder* folder);

  // Calls `observer` at every step from now on, after those added before. Call
  // it before Run: the state of the observer joins the checkpoints.
  void Observe(std::unique_ptr<StepObserver> observer) {
    observers_.push_back(std::move(observer));
  }

  const RunLength& run_length() const { return learner_.run; }
  const Learner& learner() const { return learner_; }
  Method& method() { return *learner_.method; }
  // Returns the training set.
  const std::shared_ptr<const data::Dataset>& dataset() const {
    return dataset_;
  }
  // Returns the rows of metrics.jsonl, valid after Run.
  const std::vector<nlohmann::json>& metrics() const { return metrics_; }

 private:
  // images: uint8 [N, C, H, W] on the device, or undefined.
  Trainer(const Experiment& experiment, const TrainerOptions& options,
          std::shared_ptr<const data::Dataset> dataset,
          std::unique_ptr<data::Loader> loader, at::Tensor images,
          Learner learner);

  // Loads the newest checkpoint, if there is one; returns the steps done.
  absl::StatusOr<int64_t> Resume(const RunFolder& folder);
  // Copies step and state of rank 0 to the other processes.
  void Share(int64_t& step);
  // Returns weights and buffers of everything that a resumed run needs.
  vit::StateDict ModelState() const;
  Checkpoint State(int64_t step) const;
  BatchFeedOptions FeedOptions() const;
  // Runs from step `start`; returns as Run does. Rank 0 has a recorder and a
  // writer.
  absl::StatusOr<bool> RunSteps(int64_t start, const CheckpointPlan& plan,
                                Recorder* recorder, CheckpointWriter* writer);

  const Experiment experiment_;
  const TrainerOptions options_;
  const std::shared_ptr<const data::Dataset> dataset_;
  const std::unique_ptr<data::Loader> loader_;
  const at::Tensor images_;
  Learner learner_;
  std::vector<std::unique_ptr<StepObserver>> observers_;
  std::vector<nlohmann::json> metrics_;
};

// Returns the total steps of a run, at least 1.
int64_t TotalSteps(const TrainSpec& spec, int64_t steps_per_epoch);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_TRAINER_H_
