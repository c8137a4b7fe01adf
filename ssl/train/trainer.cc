#include "ssl/train/trainer.h"

#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "data/open_dataset.h"
#include "ssl/methods/make_method.h"
#include "ssl/train/device_batch.h"
#include "ssl/train/progress.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

absl::Status CheckChannels(const data::DatasetInfo& info,
                           const vit::EncoderSpec& encoder) {
  if (info.channels == encoder.channels()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("encoder.channels: ", encoder.channels(), ", but ",
                   info.name, " has images of ", info.channels, " channels"));
}

// The line of metrics.jsonl for `done` steps. No clock in it: a resumed run
// writes the same bytes.
json MetricsRow(const TotalLoss& loss, int64_t done, const RunLength& run,
                double lr) {
  json row = {{"step", done},
              {"epoch", static_cast<double>(done) /
                            static_cast<double>(run.steps_per_epoch)},
              {"loss", loss.total.item<double>()},
              {"lr", lr}};
  for (const Term& term : loss.terms) {
    row[term.name] = term.value.item<double>();
    row[absl::StrCat(term.name, ".weight")] = term.weight;
  }
  for (const auto& [name, value] : loss.diagnostics) {
    row[name] = value;
  }
  return row;
}

ProgressState MakeProgressState(const TotalLoss& loss, int64_t done,
                                double lr) {
  ProgressState state{done, loss.total.item<double>(), {}, lr};
  for (const Term& term : loss.terms) {
    state.terms.emplace_back(term.name, term.value.item<double>());
  }
  return state;
}

}  // namespace

int64_t TotalSteps(const TrainSpec& spec, int64_t steps_per_epoch) {
  double steps = 1;
  switch (spec.length_case()) {
    case TrainSpec::kEpochs:
      steps = spec.epochs() * static_cast<double>(steps_per_epoch);
      break;
    case TrainSpec::kSteps:
      steps = static_cast<double>(spec.steps());
      break;
    case TrainSpec::kExamples:
      steps = static_cast<double>(spec.examples()) / spec.batch_size();
      break;
    case TrainSpec::LENGTH_NOT_SET:
      break;
  }
  return std::max<int64_t>(1, std::llround(steps));
}

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(
    const Experiment& experiment, const TrainerOptions& options) {
  std::unique_ptr<Trainer> trainer(new Trainer());
  trainer->experiment_ = experiment;
  trainer->options_ = options;
  auto dataset =
      data::OpenDataset(experiment.data().dataset(), data::Split::kTrain);
  if (!dataset.ok()) return dataset.status();
  trainer->dataset_ = *std::move(dataset);
  const absl::Status channels =
      CheckChannels(trainer->dataset_->info(), experiment.encoder());
  if (!channels.ok()) return channels;

  data::LoaderOptions loader_options;
  loader_options.batch_size = experiment.train().batch_size();
  loader_options.seed = experiment.seed();
  loader_options.image_size = experiment.encoder().image_size();
  loader_options.shuffle = true;
  loader_options.drop_last = true;
  loader_options.workers = experiment.data().loader().workers();
  loader_options.prefetch = experiment.data().loader().prefetch();
  loader_options.augment = experiment.data().augment();
  auto loader = data::Loader::Create(trainer->dataset_, loader_options);
  if (!loader.ok()) return loader.status();
  trainer->loader_ = *std::move(loader);

  auto objective = Objective::Create(experiment);
  if (!objective.ok()) return objective.status();
  auto method = MakeMethod(experiment, objective->taps());
  if (!method.ok()) return method.status();
  trainer->method_ = *std::move(method);
  trainer->method_->to(options.device);

  RunLength& run = trainer->run_;
  run.steps_per_epoch = trainer->loader_->steps_per_epoch();
  run.total_steps = TotalSteps(experiment.train(), run.steps_per_epoch);
  run.batch_size = experiment.train().batch_size();
  trainer->step_ = std::make_unique<TrainStep>(
      experiment, trainer->method_, *std::move(objective), run,
      ShardCount(*trainer->method_, options.device));
  return trainer;
}

absl::StatusOr<int64_t> Trainer::Resume(const RunFolder& folder) {
  auto checkpoint = LoadLatestCheckpoint(folder.Path("checkpoints"));
  if (!checkpoint.ok()) return checkpoint.status();
  if (!checkpoint->has_value()) return 0;
  const Checkpoint& last = **checkpoint;
  const std::string name =
      absl::StrCat(folder.Path("checkpoints"), "/step_", last.step);
  absl::Status status =
      vit::CopyStateDict(last.model, method_->NamedState(), name);
  if (!status.ok()) return status;
  status = vit::CopyStateDict(last.optimizer, step_->optimizer().State(), name);
  if (!status.ok()) return status;
  LOG(INFO) << "going on from " << name;
  return last.step;
}

Checkpoint Trainer::State(int64_t step) const {
  return {step, method_->NamedState(), step_->optimizer().State()};
}

absl::StatusOr<bool> Trainer::Run(const RunFolder& folder) {
  const absl::StatusOr<int64_t> start = Resume(folder);
  if (!start.ok()) return start.status();
  absl::StatusOr<MetricsLog> log =
      MetricsLog::Open(folder.Path("metrics.jsonl"), *start);
  if (!log.ok()) return log.status();
  metrics_ = log->rows();
  if (*start >= run_.total_steps) return true;

  CheckpointWriterOptions options;
  options.folder = folder.Path("checkpoints");
  options.plan = MakeCheckpointPlan(experiment_.train(), run_);
  options.last_good = *start;
  options.before_commit = [&log] { return log->Sync(); };
  const auto writer = CheckpointWriter::Create(options, State(*start));
  if (!writer.ok()) return writer.status();
  step_->set_before_update([&writer] { (*writer)->WaitUntilCopied(); });
  absl::StatusOr<bool> finished =
      RunSteps(*start, options.plan, *log, **writer);
  step_->set_before_update(nullptr);
  const absl::Status written = (*writer)->Finish();
  metrics_ = log->rows();
  if (finished.ok() && !written.ok()) finished = written;
  if (finished.ok()) return finished;
  return absl::Status(
      finished.status().code(),
      absl::StrCat(finished.status().message(),
                   "; last good checkpoint: ", (*writer)->LastGood()));
}

absl::StatusOr<bool> Trainer::RunSteps(int64_t start,
                                       const CheckpointPlan& plan,
                                       MetricsLog& log,
                                       CheckpointWriter& writer) {
  Progress progress(run_.total_steps, run_.steps_per_epoch, run_.batch_size,
                    start);
  const int64_t log_interval = experiment_.train().log_every_steps();
  loader_->Seek(start / run_.steps_per_epoch, start % run_.steps_per_epoch);
  method_->train();
  bool stopped = false;
  int64_t done = start;
  for (int64_t step = start; step < run_.total_steps && !stopped; ++step) {
    const absl::StatusOr<data::Batch> batch = loader_->Next();
    if (!batch.ok()) return batch.status();
    done = step + 1;
    const bool logs = done % log_interval == 0 || done == run_.total_steps;
    const data::Streams streams{experiment_.seed(),
                                static_cast<uint64_t>(step)};
    const absl::StatusOr<TotalLoss> loss =
        step_->Run(ToDevice(*batch, dataset_->info(), options_.device), streams,
                   step, logs);
    if (!loss.ok()) {
      progress.Finish();
      return loss.status();
    }
    if (logs) {
      const double lr = step_->LearningRate(step);
      const absl::Status status = log.Append(MetricsRow(*loss, done, run_, lr));
      if (!status.ok()) return status;
      if (options_.show_progress) {
        progress.Show(MakeProgressState(*loss, done, lr));
      }
    }
    stopped = options_.should_stop && options_.should_stop(done);
    if (IsDue(plan, done) || stopped) {
      const absl::Status status =
          writer.Write(State(done), method_->parameters());
      if (!status.ok()) {
        progress.Finish();
        return status;
      }
    }
  }
  progress.Finish();
  return done == run_.total_steps;
}

}  // namespace caldera::ssl
