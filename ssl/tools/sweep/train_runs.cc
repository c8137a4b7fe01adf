#include "ssl/tools/sweep/train_runs.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/machine/control_groups.h"
#include "base/runfile_folder.h"
#include "base/status.h"
#include "base/text/printable_text.h"
#include "ssl/tools/sweep/child_process.h"
#include "ssl/tools/sweep/training_cost.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

std::string LogOf(const SweepRun& run) { return run.folder + ".log"; }

// Returns the command that trains a run. place: its number among those at once.
// The child's runfiles are among this binary's.
absl::StatusOr<ChildCommand> CommandOf(const SweepRun& run,
                                       const TrainingSetup& setup, int place) {
  const std::string folder = base::RunfileFolder("caldera/ssl", "ssl");
  if (folder.empty()) {
    return absl::NotFoundError(
        "the binary has no ssl/pretrain beside it; start it through bazel run");
  }
  const fs::path path = fs::absolute(folder) / "pretrain";
  int threads = setup.threads;
  if (setup.parallel > 1) {
    if (threads == 0) threads = base::UsableProcessors();
    threads = std::max(1, threads / setup.parallel);
  }
  ChildCommand command;
  command.environment.emplace_back(
      "RUNFILES_DIR", path.parent_path().parent_path().parent_path().string());
  if (setup.parallel > 1 && !setup.gpus.empty()) {
    command.environment.emplace_back(
        "CUDA_VISIBLE_DEVICES",
        setup.gpus[static_cast<size_t>(place) % setup.gpus.size()]);
  }
  command.arguments = {path.string(),
                       absl::StrCat("--spec=", run.spec),
                       absl::StrCat("--run=", run.folder),
                       "--noevaluate",
                       absl::StrCat("--device=", setup.device),
                       absl::StrCat("--threads=", threads)};
  command.arguments.insert(command.arguments.end(), run.train_overrides.begin(),
                           run.train_overrides.end());
  if (setup.parallel == 1) return command;
  command.output = LogOf(run);
  std::error_code error;
  fs::create_directories(fs::path(run.folder).parent_path(), error);
  return command;  // an error shows when the log is opened
}

// Returns the last line of a file that is not empty.
std::string LastLine(const std::string& path) {
  std::ifstream file(path);
  std::string line, last;
  while (std::getline(file, line)) {
    if (!absl::StripAsciiWhitespace(line).empty()) last = line;
  }
  return last;
}

absl::Status StatusOf(const SweepRun& run, const ChildEnd& end,
                      const TrainingSetup& setup) {
  if (end.status == 0) return absl::OkStatus();
  std::string what =
      absl::StrCat("training ", run.setting, " from seed ", run.seed,
                   " ended with exit status ", end.status);
  if (setup.parallel > 1) {
    absl::StrAppend(&what, " (", LogOf(run), ": ", LastLine(LogOf(run)), ")");
  }
  return end.status == 2 ? absl::InvalidArgumentError(what)
                         : absl::InternalError(what);
}

void Say(size_t i, const std::vector<SweepRun>& runs) {
  std::fprintf(stderr, "[%d/%d] %s, seed %llu%s\n", static_cast<int>(i) + 1,
               static_cast<int>(runs.size()),
               base::PrintableText(runs[i].setting).c_str(),
               static_cast<unsigned long long>(runs[i].seed),
               runs[i].recorded ? ", from the ledger" : "");
}

// A run that trains.
struct Training {
  size_t run;
  bool in_one_go;  // so that its cost is known when it ends
};

}  // namespace

std::vector<std::string> VisibleGpus(int count) {
  std::vector<std::string> names;
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (visible != nullptr) {
    names = absl::StrSplit(visible, ',', absl::SkipWhitespace());
  }
  for (int i = static_cast<int>(names.size()); i < count; ++i) {
    names.push_back(absl::StrCat(i));
  }
  names.resize(count);
  return names;
}

bool IsTrained(const SweepRun& run) {
  std::error_code error;
  return fs::exists(run.folder + "/encoder.safetensors", error);
}

bool TrainRuns(const std::vector<SweepRun>& runs, const TrainingSetup& setup,
               const std::function<void(size_t, const absl::Status&)>& ended) {
  Children children;
  std::vector<std::optional<Training>> places(setup.parallel);
  const auto start = [&](size_t i) -> absl::Status {
    int place = 0;
    while (places[place].has_value()) ++place;
    ASSIGN_OR_RETURN(const ChildCommand command,
                     CommandOf(runs[i], setup, place));
    std::error_code error;
    const bool in_one_go = !fs::exists(runs[i].folder, error);
    RETURN_IF_ERROR(children.Start(place, command));
    places[place] = Training{i, in_one_go};
    return absl::OkStatus();
  };
  size_t next = 0;
  for (;;) {
    while (next < runs.size() && children.running() < setup.parallel &&
           SignalPassedOn() == 0) {
      const size_t i = next++;
      Say(i, runs);
      if (runs[i].recorded || IsTrained(runs[i])) {
        ended(i, absl::OkStatus());
        continue;
      }
      const absl::Status status = start(i);
      if (!status.ok()) ended(i, status);
    }
    if (children.running() == 0) break;
    const auto [place, end] = children.Wait();
    const Training training = *places[place];
    places[place].reset();
    if (SignalPassedOn() != 0) continue;
    const SweepRun& run = runs[training.run];
    absl::Status status = StatusOf(run, end, setup);
    if (status.ok() && training.in_one_go) {
      status = KeepTrainingCost(run, {end.seconds / 60, end.peak_memory});
    }
    ended(training.run, status);
  }
  return SignalPassedOn() == 0;
}

}  // namespace caldera::ssl
