#include "ssl/train/loop/trainer.h"

#include <ATen/ops/full.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/program/exception_status.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "data/augment/augment_on_device.h"
#include "data/augment/views.h"
#include "data/sets/open_dataset.h"
#include "ssl/distributed/gather.h"
#include "ssl/objective/step_phase.h"
#include "ssl/train/loop/batch_feed.h"
#include "ssl/train/loop/training_loader.h"
#include "ssl/train/monitor/memory_use.h"
#include "ssl/train/step/step_graph.h"
#include "ssl/train/step/train_step.h"
#include "vit/ops/linear.h"
#include "vit/weights/checkpoint_layout.h"

namespace caldera::ssl {
namespace {

absl::Status CheckChannels(const data::DatasetInfo& info,
                           const vit::EncoderSpec& encoder) {
  if (info.channels == encoder.channels()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("encoder.channels: ", encoder.channels(), ", but ",
                   info.name, " has images of ", info.channels, " channels"));
}

// Checks that images that are mixed with each other stay in one microbatch of
// one process.
absl::Status CheckRowsTogether(const TrainSpec& train, int64_t processes,
                               int64_t rows_together) {
  const int64_t unit = rows_together * processes * train.accumulate_steps();
  if (rows_together == 1 || unit == rows_together ||
      train.batch_size() % unit == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "train.batch_size: ", train.batch_size(), " is not a multiple of ", unit,
      ": ", processes, " processes",
      train.accumulate_steps() == 1
          ? ""
          : absl::StrCat(" x ", train.accumulate_steps(),
                         " train.accumulate_steps"),
      ", each with groups of ", rows_together,
      " images that are mixed with each other"));
}

absl::Status CheckBatchDivides(const TrainSpec& train, int64_t processes) {
  const int64_t parts = train.accumulate_steps();
  if (train.batch_size() % (processes * parts) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "train.batch_size: ", train.batch_size(), " is not a multiple of ",
      processes * parts,
      parts == 1 ? ", the number of processes that share it"
                 : absl::StrCat(" = ", processes, " processes x ", parts,
                                " train.accumulate_steps")));
}

// Returns why a CUDA graph cannot hold the step; empty if it can.
std::string WhyNoGraph(const Method& method, const Processes& processes) {
  if (!StepGraphFactory()) return "this build has none";
  if (!processes.single()) return "several processes exchange gradients in it";
  if (!method.stays_on_device()) return "the method works on the host too";
  return "";
}

LearnerOptions HowAStepRuns(const TrainSpec& train,
                            const TrainerOptions& options,
                            const Method& method) {
  LearnerOptions how;
  how.thread_slices = ThreadSliceCount(options.device, method);
  how.processes = options.processes;
  how.on_nonfinite = options.on_nonfinite;
  if (options.device.is_cuda() && train.cuda_graph()) {
    const std::string reason = WhyNoGraph(method, *options.processes);
    if (reason.empty()) how.make_graph = StepGraphFactory();
    LOG(INFO) << (reason.empty()
                      ? "steps are replayed from a CUDA graph"
                      : absl::StrCat("no CUDA graph of a step: ", reason));
  }
  return how;
}

void LogHowAStepRuns(const TrainSpec& train) {
  if (train.accumulate_steps() > 1) {
    LOG(INFO) << "train.accumulate_steps: a step of " << train.batch_size()
              << " images runs in " << train.accumulate_steps()
              << " microbatches of "
              << train.batch_size() / train.accumulate_steps()
              << "; terms that compare images with one another (MAGMA, "
                 "uniformity, NT-Xent, VICReg and its BatchNorm) see one "
                 "microbatch at a time";
  }
  if (train.precision() == TrainSpec::BF16) {
    LOG(INFO) << "train.precision: BF16 for matrix products and attention; "
                 "parameters, optimizer and losses stay float32";
  }
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
  ASSIGN_OR_RETURN(ExperimentPlan plan, ExperimentPlan::Make(experiment));
  return Create(std::move(plan), options);
}

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(
    ExperimentPlan plan, const TrainerOptions& options) {
  const Experiment& experiment = plan.experiment();
  CHECK(options.dtype == at::kFloat ||
        experiment.train().precision() == TrainSpec::FP32);
  const Processes& processes = *options.processes;
  RETURN_IF_ERROR(CheckBatchDivides(experiment.train(), processes.size()));

  std::shared_ptr<const data::Dataset> dataset = options.dataset;
  if (dataset == nullptr) {
    ASSIGN_OR_RETURN(dataset, data::OpenDataset(experiment.data()));
  }
  RETURN_IF_ERROR(CheckChannels(dataset->info(), experiment.encoder()));
  ASSIGN_OR_RETURN(
      std::unique_ptr<data::Loader> loader,
      MakeTrainingLoader(experiment, dataset, processes, options.device));
  at::Tensor images;
  if (experiment.data().loader().on_device()) {
    ASSIGN_OR_RETURN(images, data::LoadImages(*dataset, options.device));
  }

  Objective objective = plan.BuildObjective(MakeExchange(processes));
  ASSIGN_OR_RETURN(const std::shared_ptr<Method> method,
                   plan.BuildMethod(dataset.get()));
  RETURN_IF_ERROR(CheckRowsTogether(experiment.train(), processes.size(),
                                    method->rows_together()));
  method->set_gather([&processes](const at::Tensor& rows) {
    return GatherRows(rows, processes);
  });
  for (torch::nn::Module* module :
       {static_cast<torch::nn::Module*>(method.get()), &objective.module()}) {
    module->to(options.device);
    if (options.dtype != at::kFloat) module->to(options.dtype);
  }

  RunLength run;
  run.steps_per_epoch = loader->steps_per_epoch();
  run.total_steps = TotalSteps(experiment.train(), run.steps_per_epoch);
  run.batch_size = experiment.train().batch_size();
  Learner learner(experiment, method, std::move(objective), run,
                  HowAStepRuns(experiment.train(), options, *method));
  return std::unique_ptr<Trainer>(
      new Trainer(experiment, options, std::move(dataset), std::move(loader),
                  std::move(images), std::move(learner)));
}

Trainer::Trainer(const Experiment& experiment, const TrainerOptions& options,
                 std::shared_ptr<const data::Dataset> dataset,
                 std::unique_ptr<data::Loader> loader, at::Tensor images,
                 Learner learner)
    : experiment_(experiment),
      options_(options),
      dataset_(std::move(dataset)),
      loader_(std::move(loader)),
      images_(std::move(images)),
      learner_(std::move(learner)) {}

absl::StatusOr<int64_t> Trainer::Resume(const RunFolder& folder) {
  ASSIGN_OR_RETURN(const std::optional<Checkpoint> checkpoint,
                   LoadLatestCheckpoint(folder.Path("checkpoints")));
  if (!checkpoint.has_value()) return 0;
  const Checkpoint& last = *checkpoint;
  const std::string name =
      absl::StrCat(folder.Path("checkpoints"), "/step_", last.step);
  vit::StateDict model = ModelState();
  if (last.model.count(NonfiniteGuard::kState) == 0) {
    model.erase(NonfiniteGuard::kState);  // of a version without
  }
  RETURN_IF_ERROR(vit::CopyStateDict(last.model, model, name));
  RETURN_IF_ERROR(
      vit::CopyStateDict(last.optimizer, learner_.optimizer->State(), name));
  LOG(INFO) << "going on from " << base::PrintableText(name);
  return last.step;
}

vit::StateDict Trainer::ModelState() const {
  vit::StateDict state = learner_.ModelState();
  for (const auto& observer : observers_) state.merge(observer->State());
  return state;
}

Checkpoint Trainer::State(int64_t step) const {
  return {step,
          ModelState(),
          learner_.optimizer->State(),
          {{vit::kEncoderMetadata,
            vit::EncoderMetadata(learner_.method->encoder().spec())}}};
}

void Trainer::Share(int64_t& step) {
  if (options_.processes->single()) return;
  at::Tensor shared = at::full({1}, step, at::kLong);
  std::vector<at::Tensor> tensors = {shared};
  for (const auto& state : {ModelState(), learner_.optimizer->State()}) {
    for (const auto& [name, tensor] : state) tensors.push_back(tensor);
  }
  options_.processes->Broadcast(std::move(tensors));
  step = shared.item<int64_t>();
}

absl::StatusOr<bool> Trainer::Run(const RunFolder* folder) {
  // After the run everything computes in float32, as from the file of weights.
  const auto in_float = absl::MakeCleanup(
      [this] { vit::SetComputeType(*learner_.method, std::nullopt); });
  int64_t start = 0;
  std::unique_ptr<Recorder> recorder;  // of rank 0
  if (folder != nullptr) {
    ASSIGN_OR_RETURN(start, Resume(*folder));
    ProgressOptions progress;
    progress.show = options_.show_progress;
    progress.memory = [this] { return PeakMemory(options_.device); };
    progress.log = [folder](const std::string& line) {
      folder->log().Line(line);
    };
    ASSIGN_OR_RETURN(recorder, Recorder::Open(*folder, start, learner_.run,
                                              std::move(progress)));
    metrics_ = recorder->rows();
  }
  if (start == 0 && options_.processes->rank() == 0) {
    RETURN_IF_ERROR(learner_.method->Begin(dataset_));
  }
  Share(start);
  if (start >= learner_.run.total_steps) return true;
  if (folder != nullptr) LogHowAStepRuns(experiment_.train());

  CheckpointWriterOptions options;
  options.plan = MakeCheckpointPlan(experiment_.train(), learner_.run);
  if (folder == nullptr) {
    return base::CatchExceptions(
        [&] { return RunSteps(start, options.plan, nullptr, nullptr); });
  }
  options.folder = folder->Path("checkpoints");
  options.last_good = start;
  options.before_commit = [&recorder] { return recorder->Sync(); };
  ASSIGN_OR_RETURN(const auto writer,
                   CheckpointWriter::Create(options, State(start)));
  learner_.before_update = [&writer] { writer->WaitUntilCopied(); };
  absl::StatusOr<bool> finished = base::CatchExceptions([&] {
    return RunSteps(start, options.plan, recorder.get(), writer.get());
  });
  learner_.before_update = nullptr;
  recorder->Finish();
  const absl::Status written = writer->Finish();
  metrics_ = recorder->rows();
  if (finished.ok() && !written.ok()) finished = written;
  if (finished.ok()) return finished;
  return absl::Status(
      finished.status().code(),
      absl::StrCat(finished.status().message(),
                   "; last good checkpoint: ", writer->LastGood()));
}

BatchFeedOptions Trainer::FeedOptions() const {
  BatchFeedOptions options;
  options.device = options_.device;
  options.dtype = options_.dtype;
  options.info = dataset_->info();
  options.views = data::ViewsOf(experiment_.data());
  options.seed = experiment_.seed();
  options.image_size = experiment_.encoder().image_size();
  options.images = images_;
  options.repeat_first = options_.repeat_first_batch;
  return options;
}

absl::StatusOr<bool> Trainer::RunSteps(int64_t start,
                                       const CheckpointPlan& plan,
                                       Recorder* recorder,
                                       CheckpointWriter* writer) {
  const int64_t log_interval = experiment_.train().log_every_steps();
  loader_->Seek(start / learner_.run.steps_per_epoch,
                start % learner_.run.steps_per_epoch);
  learner_.method->train();
  BatchFeed feed(*loader_, FeedOptions());
  bool stopped = false;
  int64_t done = start;
  for (int64_t step = start; step < learner_.run.total_steps && !stopped;
       ++step) {
    for (const auto& observer : observers_) observer->BeforeStep(step);
    StepPhase phase(kLoadPhase);
    ASSIGN_OR_RETURN(const DeviceBatch batch, feed.Next());
    done = step + 1;
    const bool logs =
        done % log_interval == 0 || done == learner_.run.total_steps;
    const base::Streams streams{experiment_.seed(),
                                static_cast<uint64_t>(step)};
    phase.End();
    ASSIGN_OR_RETURN(const StepResult result,
                     TrainStep(learner_, batch, streams, step, logs));
    if (recorder != nullptr) recorder->Step(done);
    if (done < learner_.run.total_steps) feed.Prefetch();
    if (logs && recorder != nullptr) {
      phase.Next(kLogPhase);
      RETURN_IF_ERROR(
          recorder->Log(result.loss, done, learner_.learning_rate(step)));
      phase.End();
    }
    for (const auto& observer : observers_) {
      RETURN_IF_ERROR(observer->AfterStep(
          {done, batch, result.embedding, result.loss, logs}, recorder));
    }
    const auto asked = options_.processes->Any(
        {options_.should_stop && options_.should_stop(done),
         options_.should_save && options_.should_save(done)});
    stopped = asked[0];
    if (!IsDue(plan, done) && !stopped && !asked[1]) continue;
    RETURN_IF_ERROR(learner_.CheckFinite());
    if (writer == nullptr) continue;
    // Write may wait for the checkpoint before this one.
    absl::Status written;
    options_.processes->RunWhileOthersWait([&] {
      written = writer->Write(State(done), learner_.method->parameters());
    });
    RETURN_IF_ERROR(written);
  }
  return done == learner_.run.total_steps;
}

}  // namespace caldera::ssl
