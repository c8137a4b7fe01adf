#include "ssl/train_command.h"

#include <ATen/Context.h>
#include <gflags/gflags.h>
#include <glog/logging.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/substitute.h"
#include "base/program/command_line.h"
#include "base/program/exception_status.h"
#include "base/program/missing.h"
#include "base/program/program.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "data/sets/contents.h"
#include "eval/features/opened_splits.h"
#include "ssl/distributed/job_environment.h"
#include "ssl/distributed/processes.h"
#include "ssl/distributed/share_machine.h"
#include "ssl/distributed/start_processes.h"
#include "ssl/experiment/experiment.pb.h"
#include "ssl/finish_run.h"
#include "ssl/objective/experiment_plan.h"
#include "ssl/run_signals.h"
#include "ssl/spec/explain.h"
#include "ssl/spec/find_spec.h"
#include "ssl/spec/load_experiment.h"
#include "ssl/train/checkpoint/checkpoint.h"
#include "ssl/train/forecast/forecast.h"
#include "ssl/train/forecast/step_memory.h"
#include "ssl/train/loop/make_observers.h"
#include "ssl/train/loop/provenance.h"
#include "ssl/train/loop/run_measurements.h"
#include "ssl/train/loop/trainer.h"
#include "ssl/train/monitor/memory_use.h"
#include "ssl/train/monitor/profile.h"
#include "ssl/train/monitor/run_folder.h"
#include "ssl/train/resume/dataset_record.h"
#include "ssl/train/resume/resume_decision.h"
#include "ssl/train/step/nonfinite_guard.h"
#include "vit/ops/plain_ops.h"
#include "vit/weights/start_weights.h"

DEFINE_string(spec, "", "name of a spec, or the path of a .textproto file");
DEFINE_string(run, "", "folder of the run; empty: runs/<spec>");
DEFINE_string(data, "", "data set or folder; the field data.dataset");
DEFINE_string(start, "", "weights to start from; the field start.encoder");
DEFINE_bool(evaluate, true, "measure what was trained");
DEFINE_bool(dry_run, false, "print the experiment and what it costs");
DEFINE_string(profile_steps, "", "steps to profile, as 10:20; empty: none");
DEFINE_string(on_nonfinite, "stop", "what NaN in a step does: stop or skip");
DEFINE_bool(deterministic, false, "the same bits in each run on a GPU");
DEFINE_int32(processes, 1, "processes to start on this machine");
DEFINE_bool(extend, false, "go on with a longer train.steps or train.epochs");
DEFINE_string(fork, "", "a run's folder, whose weights begin a new run");
DEFINE_string(explain, "", "the field of a spec to explain, or all");

namespace caldera::ssl {
namespace {

// $0, $1 and $2 are the name, purpose and example of a TrainCommand.
constexpr char kUsage[] =
    R"($0: $1

usage: $0 --spec=$2 [flags] [field=value ...]

  --spec=NAME       a spec of ssl/specs, or the path of a .textproto file
  --data=NAME       data set or folder to train on; the field data.dataset
  --run=FOLDER      where the run goes; runs/<spec> unless given. Starting
                    again goes on where it stopped (--extend: to a new end)
  --start=FILE --fork=RUN  begin with published weights, or with a run's
  --explain[=PATH]  all fields of a spec, or those below a path: mae.masking
  --dry_run         print the experiment and what it costs; write nothing
  --profile_steps=10:20  profile these steps: a trace and a table in profile/
  --noevaluate      leave out the measurement (//:probe measures encoders later)
  --device=auto --threads=0  auto, cpu or cuda; 0: a thread for each core
  --processes=1     processes that train together on this machine, one a GPU
  --on_nonfinite=stop  stop at a NaN, or skip the step (10 in a row still stop)
  --deterministic   the same bits each run on a GPU, as a CPU gives them

field=value overrides a field of the spec: train.epochs=5 eval.knn.k=[10,20]
Under torchrun, srun or mpirun, too, all processes train one model.
Ctrl-C, SIGTERM, SIGHUP or SIGXCPU finish the step, write a checkpoint and exit
(status 128 + signal); SIGUSR1 and SIGUSR2 write one and go on.
Exit status 2: something to mend in the call or spec; 1: a failure, a lost row.
See also //:pretrain, //:finetune, //:probe and //:sweep (README.md).
)";

// Returns the usual status of a program that a signal ended. With several
// processes, another of them may have received the signal.
int StoppedStatus() {
  const int signal = StopSignal();
  return 128 + (signal != 0 ? signal : SIGTERM);
}

absl::StatusOr<std::string> RunDir(const std::string& spec) {
  if (!FLAGS_run.empty()) {
    std::string path = base::UserPath(FLAGS_run);
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
  }
  // A script's empty variable must not go on with another run.
  if (!gflags::GetCommandLineFlagInfoOrDie("run").is_default) {
    return absl::InvalidArgumentError(
        "--run: is empty; name a folder, or leave it out for runs/<spec>");
  }
  std::string name = spec;
  if (absl::EndsWith(name, ".textproto")) {
    name = name.substr(name.find_last_of('/') + 1);
    name.resize(name.size() - std::string(".textproto").size());
  }
  return base::UserPath(absl::StrCat("runs/", name));
}

// Returns the newest checkpoint of the run that --fork names, with weights of
// everything that learns; after "@" stands another step. A fork in `run_dir`
// that has begun keeps its checkpoint, though there may be newer ones.
absl::StatusOr<std::string> WeightsOfRun(const std::string& flag,
                                         const std::string& run_dir) {
  if (!FLAGS_start.empty()) {
    return absl::InvalidArgumentError(
        "--fork: comes with --start; give one of the two");
  }
  const std::vector<std::string> parts =
      absl::StrSplit(flag, absl::MaxSplits('@', 1));
  const std::string folder =
      absl::StrCat(base::UserPath(parts[0]), "/checkpoints");
  const bool named = parts.size() > 1;
  const absl::StatusOr<Experiment> begun =
      ReadResolvedExperiment(absl::StrCat(run_dir, "/experiment.textproto"));
  if (!named && begun.ok() &&
      absl::StartsWith(begun->start().encoder(), folder + "/step_")) {
    return begun->start().encoder();
  }
  const std::vector<int64_t> steps = CheckpointSteps(folder);
  int64_t step = steps.empty() ? 0 : steps.front();
  if (steps.empty() ||
      (named && (!absl::SimpleAtoi(parts[1], &step) ||
                 std::count(steps.begin(), steps.end(), step) == 0))) {
    return absl::NotFoundError(absl::StrCat(
        "--fork=", flag, ": ", folder,
        steps.empty() ? " has no checkpoint"
                      : absl::StrCat(" has the checkpoints of the steps ",
                                     absl::StrJoin(steps, ", "))));
  }
  return absl::StrCat(folder, "/step_", step);
}

absl::StatusOr<OnNonfinite> ParseOnNonfinite(const std::string& text) {
  if (text == "stop") return OnNonfinite::kStop;
  if (text == "skip") return OnNonfinite::kSkip;
  return absl::InvalidArgumentError(
      absl::StrCat("--on_nonfinite: \"", text, "\" is neither stop nor skip"));
}

// This precedes the device's first product, whose library reads the
// environment.
void MakeDeterministic(const at::Device& device) {
  if (!device.is_cuda()) return;  // a CPU's operations are
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  at::Context& context = at::globalContext();
  context.setDeterministicAlgorithms(true, /*warn_only=*/true);
  context.setDeterministicFillUninitializedMemory(false);
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
}

// Starts this command as often as --processes says, and returns the exit status
// of them all.
int StartAll() {
  const absl::StatusOr<int> status =
      StartOnThisMachine(FLAGS_processes, "/proc/self/exe", ThisCommand());
  return status.ok() ? *status : base::Fail(status.status());
}

// Prints the error of this process, which ends the others too, and returns the
// status.
int FailAll(const Processes& processes, const absl::Status& status) {
  processes.Fail(base::PrintableText(status.message()));
  return base::Fail(status);
}

// Prints a line on stderr and keeps it in the run's log.
void Say(const RunFolder& folder, const std::string& line) {
  folder.log().Line(line);
  std::fprintf(stderr, "%s\n", base::PrintableText(line).c_str());
}

// Returns a warning where a step needs more memory than there is: the kernel
// would kill the program without a word. Empty: it fits.
std::string MemoryWarning(const Trainer& trainer, const Experiment& experiment,
                          const at::Device& device,
                          const std::optional<MemoryRoom>& room) {
  const MemoryForecast need =
      StepMemory(trainer.learner(), experiment.train(), device);
  if (!room.has_value() || need.ahead() <= room->bytes) return "";
  return absl::StrCat("warning: a step needs about ", MemoryText(need.ahead()),
                      " of memory (gradients ", MemoryText(need.gradients),
                      ", activations ", MemoryText(need.activations), "), and ",
                      room->whose, " ", MemoryText(room->bytes), "; ",
                      MemoryAdvice(need, room->bytes, experiment));
}

// Adds to the error of an allocation what would fit. room: before the steps.
absl::Status WithAdvice(const absl::Status& status, const Trainer& trainer,
                        const Experiment& experiment, const at::Device& device,
                        const std::optional<MemoryRoom>& room) {
  if (!absl::IsResourceExhausted(status)) return status;
  const MemoryForecast need =
      StepMemory(trainer.learner(), experiment.train(), device);
  return absl::ResourceExhaustedError(absl::StrCat(
      "not enough memory for a step of ", experiment.train().batch_size(),
      " images: ", status.message(), "; ",
      MemoryAdvice(need, room.has_value() ? room->bytes : 0, experiment)));
}

int PrintExplanation() {
  const auto text = Explain(*Experiment::descriptor(),
                            FLAGS_explain == "all" ? "" : FLAGS_explain);
  if (!text.ok()) return base::Fail(text.status());
  std::printf("%s", text->c_str());
  return 0;
}

int DryRun(ExperimentPlan plan, const at::Device& device,
           const std::vector<std::string>& chosen) {
  std::printf("%s", ExperimentText(plan.experiment()).c_str());
  for (const std::string& choice : chosen) {
    std::printf("# chosen      %s\n", base::PrintableText(choice).c_str());
  }
  std::fflush(stdout);
  const absl::StatusOr<Forecast> forecast =
      MakeForecast(std::move(plan), device);
  if (!forecast.ok()) return base::Fail(forecast.status());
  std::printf("\n%s", ForecastText(*forecast).c_str());
  return 0;
}

// Returns the steps to profile; none if the flag is empty.
absl::StatusOr<std::optional<StepRange>> ProfiledSteps(int64_t total_steps) {
  if (FLAGS_profile_steps.empty()) return std::optional<StepRange>();
  ASSIGN_OR_RETURN(const auto range,
                   ParseStepRange(FLAGS_profile_steps, total_steps));
  return std::optional<StepRange>(range);
}

int Main(const TrainCommand& command, int argc, char** argv) {
  HandleSignals();
  if (!FLAGS_explain.empty()) return PrintExplanation();
  if (FLAGS_spec.empty()) {
    return base::Fail(absl::InvalidArgumentError(absl::StrCat(
        "--spec is missing; there are: ", absl::StrJoin(SpecNames(), ", "))));
  }
  std::vector<std::string> overrides(argv + 1, argv + argc);
  if (!FLAGS_data.empty()) {
    overrides.push_back(absl::StrCat("data.dataset=", FLAGS_data));
  }
  if (!FLAGS_start.empty()) {
    overrides.push_back(absl::StrCat("start.encoder=", FLAGS_start));
  }
  const absl::StatusOr<std::string> run_dir = RunDir(FLAGS_spec);
  if (!run_dir.ok()) return base::Fail(run_dir.status());
  if (!FLAGS_fork.empty()) {
    const absl::StatusOr<std::string> weights =
        WeightsOfRun(FLAGS_fork, *run_dir);
    if (!weights.ok()) return base::Fail(weights.status());
    overrides.push_back(absl::StrCat("start.encoder=", *weights));
  }
  PlanOptions planning;
  planning.resumes =
      !CheckpointSteps(absl::StrCat(*run_dir, "/checkpoints")).empty();
  absl::StatusOr<at::Device> device = base::SetUpCompute();
  if (!device.ok()) return base::Fail(device.status());
  FitOptions fit{*device, *run_dir};
  std::vector<std::string> chosen;
  fit.reasons = &chosen;
  absl::StatusOr<ExperimentPlan> plan =
      LoadPlan(FLAGS_spec, overrides, fit, planning);
  if (!plan.ok()) return base::Fail(plan.status());
  const Experiment experiment = plan->experiment();
  if (command.needs_classification && !experiment.has_classification()) {
    return base::Fail(absl::InvalidArgumentError(
        absl::StrCat("--spec=", FLAGS_spec,
                     " has no classification {}; its method learns "
                     "without labels: use //:pretrain")));
  }
  const auto on_nonfinite = ParseOnNonfinite(FLAGS_on_nonfinite);
  if (!on_nonfinite.ok()) return base::Fail(on_nonfinite.status());
  if (FLAGS_processes != 1 && !FLAGS_dry_run && !IsStartedProcess()) {
    return StartAll();
  }
  if (FLAGS_deterministic) MakeDeterministic(*device);
  const vit::PlainOps plain(experiment.train().plain_ops());
  if (FLAGS_dry_run) return DryRun(*std::move(plan), *device, chosen);
  const absl::StatusOr<JobEnvironment> job = ReadJobEnvironment();
  if (!job.ok()) return base::Fail(job.status());
  device = ShareMachine(*job, *device);
  if (!device.ok()) return base::Fail(device.status());
  JoinOptions join;
  join.job =
      absl::StrCat("--spec=", FLAGS_spec, " --run=", FLAGS_run,
                   overrides.empty() ? "" : " ", absl::StrJoin(overrides, " "));
  auto joined = Processes::Join(*job, join);
  if (!joined.ok()) return base::Fail(joined.status());
  std::unique_ptr<Processes> processes = *std::move(joined);

  std::optional<vit::StartReport> started_from;
  if (plan->start() != nullptr) started_from = *plan->start();

  TrainerOptions options;
  options.device = *device;
  options.processes = processes.get();
  options.on_nonfinite = *on_nonfinite;
  options.should_stop = [](int64_t) { return StopSignal() != 0; };
  options.should_save = [](int64_t) { return TakeSaveRequest(); };
  auto trainer = base::CatchExceptions(
      [&] { return Trainer::Create(*std::move(plan), options); });
  if (absl::IsResourceExhausted(trainer.status())) {
    trainer = absl::ResourceExhaustedError(absl::StrCat(
        "not enough memory for the model: ", trainer.status().message(),
        "; use a smaller encoder or encoder.image_size"));
  }
  if (!trainer.ok()) return FailAll(*processes, trainer.status());
  base::Missing missing;
  std::vector<std::string> notes;
  std::optional<RunMeasurements> measurements;  // of rank 0
  Watched watched;
  if (processes->rank() == 0) {
    auto opened = RunMeasurements::Open(experiment, (*trainer)->dataset(),
                                        FLAGS_evaluate, *device);
    if (!opened.ok()) return FailAll(*processes, opened.status());
    measurements.emplace(*std::move(opened));
    notes = measurements->notes();
    watched = {measurements->splits(), measurements->pictures(),
               measurements->label_free()};
  } else if (experiment.train().has_online()) {
    watched.splits = eval::OpenSplits(experiment.data(), (*trainer)->dataset());
  }
  auto observers = MakeObservers(experiment, **trainer, *processes, *device,
                                 watched, &notes, missing);
  if (!observers.ok()) return FailAll(*processes, observers.status());
  for (auto& observer : *observers) (*trainer)->Observe(std::move(observer));
  const auto profiled = ProfiledSteps((*trainer)->run_length().total_steps);
  if (!profiled.ok()) return FailAll(*processes, profiled.status());
  const std::optional<MemoryRoom> room = RoomForSteps(*device);
  std::optional<RunFolder> folder;  // of rank 0
  if (processes->rank() == 0) {
    ResumeOptions resume;
    resume.extend = FLAGS_extend;
    resume.dataset = DatasetRecord(*(*trainer)->dataset());
    auto opened = RunFolder::Open(*run_dir, experiment, resume);
    if (!opened.ok()) return FailAll(*processes, opened.status());
    folder.emplace(*std::move(opened));
    notes.insert(notes.end(), folder->changes().begin(),
                 folder->changes().end());
    absl::Status status = CheckOutputs(*folder, FLAGS_evaluate);
    if (!status.ok()) return FailAll(*processes, status);
    const std::string command = gflags::GetArgv();
    folder->log().Line("$ " + command);
    const std::vector<int64_t> saved =
        CheckpointSteps(folder->Path("checkpoints"));
    status =
        WriteProvenance(folder->Path("provenance.json"), *device,
                        {command, saved.empty() ? 0 : saved.front(),
                         processes->size(), folder->changes(), started_from});
    if (!status.ok()) return FailAll(*processes, status);
    if (profiled->has_value()) {
      (*trainer)->Observe(
          std::make_unique<Profile>(**profiled, *device, folder->path()));
    }
    auto sets = measurements->splits().All();
    if (std::count(sets.begin(), sets.end(), (*trainer)->dataset()) == 0) {
      sets.insert(sets.begin(), (*trainer)->dataset());  // of unlabelled images
    }
    Say(*folder, data::ContentsLine(sets));
    for (const std::string& choice : chosen) Say(*folder, "chosen: " + choice);
    for (const std::string& note : notes) Say(*folder, "note: " + note);
    if (started_from.has_value()) {
      for (const absl::string_view line :
           absl::StrSplit(started_from->Text(), '\n', absl::SkipEmpty())) {
        Say(*folder, std::string(line));
      }
    }
    Say(*folder, absl::StrCat("training ", FLAGS_spec, ": ",
                              (*trainer)->run_length().total_steps,
                              " steps of ", (*trainer)->run_length().batch_size,
                              " images, run folder ", folder->path()));
    const std::string warning =
        MemoryWarning(**trainer, experiment, *device, room);
    if (!warning.empty()) Say(*folder, warning);
  }
  BeginTraining();
  const auto start = std::chrono::steady_clock::now();
  const absl::StatusOr<bool> finished =
      (*trainer)->Run(folder.has_value() ? &*folder : nullptr);
  if (!finished.ok()) {
    const absl::Status status =
        WithAdvice(finished.status(), **trainer, experiment, *device, room);
    if (folder.has_value()) {
      folder->log().Line(absl::StrCat("error: ", status.message()));
    }
    return FailAll(*processes, status);
  }
  EndTraining();
  processes.reset();  // only rank 0 goes on
  // A signal during the last step counts too: the evaluation is left out.
  const bool stopped = !*finished || StopSignal() != 0;
  if (!folder.has_value()) return stopped ? StoppedStatus() : 0;
  if (stopped) {
    Say(*folder, absl::StrCat("stopped; the checkpoint is in ",
                              folder->Path("checkpoints"),
                              ": the same command goes on"));
    missing.Report();
    return StoppedStatus();
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  Say(*folder, absl::StrCat("trained in ", std::lround(seconds), " s, at most ",
                            MemoryText(PeakMemory(*device)), " of memory"));
  if ((*trainer)->bad_images() > 0) {
    Say(*folder, absl::StrCat("skipped ", (*trainer)->bad_images(),
                              " images that cannot be read"));
  }
  FinishRun(FLAGS_spec, experiment, *folder, *measurements, **trainer, missing);
  return missing.Report();
}

}  // namespace

int RunTrainCommand(const TrainCommand& command, int argc, char** argv) {
  static char explain_all[] = "--explain=all";
  base::LetFlagStandAlone(explain_all, argc, argv);
  return base::RunProgramWithArguments(
      absl::Substitute(kUsage, command.name, command.purpose, command.spec),
      argc, argv, [&command](int count, char** arguments) {
        return Main(command, count, arguments);
      });
}

}  // namespace caldera::ssl
