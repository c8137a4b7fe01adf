#ifndef CALDERA_SSL_TRAIN_LOOP_TRAINER_H_
#define CALDERA_SSL_TRAIN_LOOP_TRAINER_H_

// The one training loop. It knows no method by name.
//
//   auto trainer = Trainer::Create(experiment, options);
//   auto folder = RunFolder::Open("runs/a/b", experiment);
//   absl::StatusOr<bool> finished = (*trainer)->Run(*folder);
//
// Starting again on the same folder goes on from the newest checkpoint and ends
// in the same bits (same device and thread count).

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
#include "ssl/train/checkpoint/checkpoint.h"
#include "ssl/train/checkpoint/checkpoint_plan.h"
#include "ssl/train/checkpoint/checkpoint_writer.h"
#include "ssl/train/loop/batch_feed.h"
#include "ssl/train/monitor/recorder.h"
#include "ssl/train/monitor/run_folder.h"
#include "ssl/train/monitor/step_observer.h"
#include "ssl/train/step/nonfinite_guard.h"
#include "ssl/train/step/train_step.h"
#include "vit/state_dict.h"

namespace caldera::ssl {

struct TrainerOptions {
  at::Device device = at::kCPU;
  // Of parameters, buffers, images and losses. In kDouble a test compares runs
  // over many steps, in which float's rounding would grow to whatever a
  // processor makes of it; train.precision is then FP32. Checkpoints hold that
  // type, so both parts of a resumed run have the same. Observers are given
  // embeddings of that type; those that draw pictures need kFloat.
  at::ScalarType dtype = at::kFloat;
  bool show_progress = true;
  // Who trains together, each with its rows of every batch; outlives the
  // trainer.
  const Processes* processes = &Processes::Single();
  // What a loss or a gradient that is not finite does to the run.
  OnNonfinite on_nonfinite = OnNonfinite::kStop;
  // Asked after each step with the number of steps done; true: write a
  // checkpoint and return. With several processes one of them is enough.
  std::function<bool(int64_t)> should_stop;
  // What is trained on, in place of the set that experiment.data names.
  std::shared_ptr<const data::Dataset> dataset;
  // The first steps so many see one batch, which stays on the device: for
  // measuring steps without loading.
  int64_t repeat_first_batch = 0;
};

class Trainer {
 public:
  // Opens the data and builds everything; writes nothing. Errors: those of
  // data::OpenDataset and data::Loader::Create, and images that do not fit the
  // encoder.
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(
      const Experiment& experiment, const TrainerOptions& options);

  // Trains to the end, from the newest checkpoint where there is one; true when
  // finished, false when should_stop ended it. Rank 0 alone reads and writes
  // the folder; the others give null. Errors while training name the last good
  // checkpoint.
  absl::StatusOr<bool> Run(const RunFolder* folder);

  // Calls `observer` at every step from now on, after those added before. Its
  // state joins the checkpoints: before Run.
  void Observe(std::unique_ptr<StepObserver> observer) {
    observers_.push_back(std::move(observer));
  }

  const RunLength& run_length() const { return run_; }
  Method& method() { return *method_; }
  const data::DatasetInfo& data_info() const { return dataset_->info(); }
  // Rows of metrics.jsonl, valid after Run.
  const std::vector<nlohmann::json>& metrics() const { return metrics_; }

 private:
  Trainer() = default;

  absl::StatusOr<int64_t> Resume(const RunFolder& folder);
  // Rank 0's step and state into those of the other processes.
  void Share(int64_t& step);
  // Weights and buffers of all that a resumed run goes on with.
  vit::StateDict ModelState() const;
  Checkpoint State(int64_t step) const;
  BatchFeedOptions FeedOptions() const;
  // From step `start` on; what Run says. Rank 0 has a recorder and a writer.
  absl::StatusOr<bool> RunSteps(int64_t start, const CheckpointPlan& plan,
                                Recorder* recorder, CheckpointWriter* writer);

  Experiment experiment_;
  TrainerOptions options_;
  std::shared_ptr<const data::Dataset> dataset_;
  std::unique_ptr<data::Loader> loader_;
  at::Tensor images_;  // uint8 [N, C, H, W] on the device, or undefined
  std::shared_ptr<Method> method_;
  RunLength run_;
  std::unique_ptr<TrainStep> step_;
  std::vector<std::unique_ptr<StepObserver>> observers_;
  std::vector<nlohmann::json> metrics_;
};

// Total steps of a run, at least 1.
int64_t TotalSteps(const TrainSpec& spec, int64_t steps_per_epoch);

}  // namespace caldera::ssl

#endif  // CALDERA_SSL_TRAIN_LOOP_TRAINER_H_
