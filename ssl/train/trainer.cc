#include "ssl/train/trainer.h"

#include <ATen/ops/full.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "data/augment_on_device.h"
#include "data/open_dataset.h"
#include "data/views.h"
#include "ssl/distributed/gather.h"
#include "ssl/methods/make_method.h"
#include "ssl/train/device_batch.h"
#include "ssl/train/memory_use.h"
#include "ssl/train/step_phase.h"
#include "vit/checkpoint_layout.h"

namespace caldera::ssl {
namespace {

absl::Status CheckChannels(const data::DatasetInfo& info,
                           const vit::EncoderSpec& encoder) {
  if (info.channels == encoder.channels()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("encoder.channels: ", encoder.channels(), ", but ",
                   info.name, " has images of ", info.channels, " channels"));
}

// Images that are mixed with each other stay in one process.
absl::Status CheckRowsTogether(int64_t batch_size, const Processes* processes,
                               int64_t rows_together) {
  const int64_t unit =
      rows_together * (processes == nullptr ? 1 : processes->size());
  if (unit == rows_together || batch_size % unit == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "train.batch_size: ", batch_size, " is not a multiple of ", unit, ": ",
      processes->size(), " processes, each with groups of ", rows_together,
      " images that are mixed with each other"));
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
  const Processes* processes = options.processes;
  if (processes != nullptr &&
      experiment.train().batch_size() % processes->size() != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("train.batch_size: ", experiment.train().batch_size(),
                     " is not a multiple of ", processes->size(),
                     ", the number of processes that share it"));
  }
  auto dataset = data::OpenDataset(experiment.data());
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
  loader_options.shuffle_buffer = experiment.data().shuffle_buffer();
  loader_options.drop_last = true;
  loader_options.workers = experiment.data().loader().workers();
  loader_options.prefetch = experiment.data().loader().prefetch();
  loader_options.views = data::ViewsOf(experiment.data());
  loader_options.repeats = experiment.data().loader().repeats();
  loader_options.on_bad_image = experiment.data().loader().on_bad_image();
  if (processes != nullptr) {
    loader_options.rank = static_cast<int>(processes->rank());
    loader_options.world_size = static_cast<int>(processes->size());
  }
  loader_options.pin_memory = options.device.is_cuda();
  loader_options.plans_only = experiment.data().loader().on_device();
  auto loader = data::Loader::Create(trainer->dataset_, loader_options);
  if (!loader.ok()) return loader.status();
  trainer->loader_ = *std::move(loader);
  if (loader_options.plans_only) {
    auto images = data::LoadImages(*trainer->dataset_, options.device);
    if (!images.ok()) return images.status();
    trainer->images_ = *std::move(images);
  }

  auto objective = Objective::Create(experiment, processes != nullptr
                                                     ? MakeExchange(*processes)
                                                     : magma::Exchange());
  if (!objective.ok()) return objective.status();
  auto method =
      MakeMethod(experiment, objective->request(), trainer->dataset_.get());
  if (!method.ok()) return method.status();
  const absl::Status together = CheckRowsTogether(
      experiment.train().batch_size(), processes, (*method)->rows_together());
  if (!together.ok()) return together;
  trainer->method_ = *std::move(method);
  if (processes != nullptr) {
    trainer->method_->set_gather([processes](const at::Tensor& rows) {
      return GatherRows(rows, *processes);
    });
  }
  trainer->method_->to(options.device);
  objective->module().to(options.device);

  RunLength& run = trainer->run_;
  run.steps_per_epoch = trainer->loader_->steps_per_epoch();
  run.total_steps = TotalSteps(experiment.train(), run.steps_per_epoch);
  run.batch_size = experiment.train().batch_size();
  trainer->step_ = std::make_unique<TrainStep>(
      experiment, trainer->method_, *std::move(objective), run,
      ShardCount(options.device), processes);
  return trainer;
}

absl::StatusOr<int64_t> Trainer::Resume(const RunFolder& folder) {
  auto checkpoint = LoadLatestCheckpoint(folder.Path("checkpoints"));
  if (!checkpoint.ok()) return checkpoint.status();
  if (!checkpoint->has_value()) return 0;
  const Checkpoint& last = **checkpoint;
  const std::string name =
      absl::StrCat(folder.Path("checkpoints"), "/step_", last.step);
  absl::Status status = vit::CopyStateDict(last.model, ModelState(), name);
  if (!status.ok()) return status;
  status = vit::CopyStateDict(last.optimizer, step_->optimizer().State(), name);
  if (!status.ok()) return status;
  LOG(INFO) << "going on from " << name;
  return last.step;
}

vit::StateDict Trainer::ModelState() const {
  vit::StateDict state = step_->ModelState();
  for (const auto& observer : observers_) state.merge(observer->State());
  return state;
}

Checkpoint Trainer::State(int64_t step) const {
  return {step,
          ModelState(),
          step_->optimizer().State(),
          {{vit::kEncoderMetadata,
            vit::EncoderMetadata(method_->encoder().spec())}}};
}

void Trainer::Share(int64_t& step) {
  const Processes* processes = options_.processes;
  if (processes == nullptr || processes->alone()) return;
  at::Tensor shared = at::full({1}, step, at::kLong);
  std::vector<at::Tensor> tensors = {shared};
  for (const auto& state : {ModelState(), step_->optimizer().State()}) {
    for (const auto& [name, tensor] : state) tensors.push_back(tensor);
  }
  processes->Broadcast(std::move(tensors));
  step = shared.item<int64_t>();
}

absl::StatusOr<bool> Trainer::Run(const RunFolder* folder) {
  int64_t start = 0;
  std::unique_ptr<Recorder> recorder;  // of rank 0
  if (folder != nullptr) {
    const absl::StatusOr<int64_t> resumed = Resume(*folder);
    if (!resumed.ok()) return resumed.status();
    start = *resumed;
    ProgressOptions progress;
    progress.show = options_.show_progress;
    progress.memory = [this] { return PeakMemory(options_.device); };
    auto opened = Recorder::Open(*folder, start, run_, std::move(progress));
    if (!opened.ok()) return opened.status();
    recorder = *std::move(opened);
    metrics_ = recorder->rows();
  }
  Share(start);
  if (start >= run_.total_steps) return true;

  CheckpointWriterOptions options;
  options.plan = MakeCheckpointPlan(experiment_.train(), run_);
  if (folder == nullptr) {
    return RunSteps(start, options.plan, nullptr, nullptr);
  }
  options.folder = folder->Path("checkpoints");
  options.last_good = start;
  options.before_commit = [&recorder] { return recorder->Sync(); };
  const auto writer = CheckpointWriter::Create(options, State(start));
  if (!writer.ok()) return writer.status();
  step_->set_before_update([&writer] { (*writer)->WaitUntilCopied(); });
  absl::StatusOr<bool> finished =
      RunSteps(start, options.plan, recorder.get(), writer->get());
  step_->set_before_update(nullptr);
  recorder->Finish();
  const absl::Status written = (*writer)->Finish();
  metrics_ = recorder->rows();
  if (finished.ok() && !written.ok()) finished = written;
  if (finished.ok()) return finished;
  return absl::Status(
      finished.status().code(),
      absl::StrCat(finished.status().message(),
                   "; last good checkpoint: ", (*writer)->LastGood()));
}

absl::StatusOr<bool> Trainer::RunSteps(int64_t start,
                                       const CheckpointPlan& plan,
                                       Recorder* recorder,
                                       CheckpointWriter* writer) {
  const int64_t log_interval = experiment_.train().log_every_steps();
  loader_->Seek(start / run_.steps_per_epoch, start % run_.steps_per_epoch);
  method_->train();
  const std::vector<data::AugmentSpec> views =
      data::ViewsOf(experiment_.data());
  bool stopped = false;
  int64_t done = start;
  for (int64_t step = start; step < run_.total_steps && !stopped; ++step) {
    for (const auto& observer : observers_) observer->BeforeStep(step);
    StepPhase phase(kLoadPhase);
    const absl::StatusOr<data::Batch> batch = loader_->Next();
    if (!batch.ok()) return batch.status();
    done = step + 1;
    const bool logs = done % log_interval == 0 || done == run_.total_steps;
    const data::Streams streams{experiment_.seed(),
                                static_cast<uint64_t>(step)};
    DeviceBatch on_device =
        images_.defined() ? CutOnDevice(*batch, dataset_->info(), images_,
                                        experiment_.encoder().image_size())
                          : ToDevice(*batch, dataset_->info(), options_.device);
    EraseViews(views, experiment_.seed(), *batch, &on_device);
    phase.End();
    const absl::StatusOr<TotalLoss> loss =
        step_->Run(on_device, streams, step, logs);
    if (!loss.ok()) return loss.status();
    if (recorder != nullptr) recorder->Step(done);
    if (logs && recorder != nullptr) {
      phase.Next(kLogPhase);
      const absl::Status status =
          recorder->Log(*loss, done, step_->LearningRate(step));
      if (!status.ok()) return status;
      phase.End();
    }
    for (const auto& observer : observers_) {
      const absl::Status status = observer->AfterStep(
          {done, on_device, step_->embedding(), *loss, logs}, recorder);
      if (!status.ok()) return status;
    }
    stopped = options_.should_stop && options_.should_stop(done);
    if (options_.processes != nullptr) {
      stopped = options_.processes->Any(stopped);
    }
    if (writer != nullptr && (IsDue(plan, done) || stopped)) {
      absl::Status status;
      const auto write = [&] {
        status = writer->Write(State(done), method_->parameters());
      };
      if (options_.processes != nullptr) {
        options_.processes->Alone(write);  // it may wait for the one before
      } else {
        write();
      }
      if (!status.ok()) return status;
    }
  }
  return done == run_.total_steps;
}

}  // namespace caldera::ssl
