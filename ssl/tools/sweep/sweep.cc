// Trains several specs from several seeds and tabulates them. See kUsage.
#include <gflags/gflags.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/program/command_line.h"
#include "base/program/missing.h"
#include "base/replace_file.h"
#include "base/runfile_folder.h"
#include "base/status.h"
#include "base/text/json_text.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "ssl/tools/sweep/child_process.h"
#include "ssl/tools/sweep/measure_run.h"
#include "ssl/tools/sweep/sweep_plan.h"
#include "ssl/tools/sweep/sweep_table.h"

DEFINE_string(spec, "", "comma-separated names of specs, each with @SEEDS");
DEFINE_string(seeds, "0", "comma-separated seeds");
DEFINE_double(length_scale, 1, "share of each spec's length that is trained");
DEFINE_string(out, "", "folder of the runs and the table");
DECLARE_string(device);
DECLARE_int32(threads);

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

constexpr char kUsage[] =
    R"(sweep: trains specs from several seeds, one after another, into a table

usage: sweep --spec=A,B@0+1+2 --out=FOLDER [flags] [field=value ...]

  --spec=A,B      specs of ssl/specs or paths of .textproto files; A@0+1+2
                   gives A seeds of its own
  --seeds=0,1,2    seeds of the others; 0 unless given
  --length_scale=1 each run trains this share of its spec's length; windows and
                   warm-ups that are shares of the run follow
  --out=FOLDER  runs go to FOLDER/SPEC/seed_N; FOLDER/table.md has mean and
                   spread over the seeds, FOLDER/rows.jsonl every row
  --device=auto    auto, cpu or cuda
  --threads=0      threads for arithmetic; 0: one for each core

field=value overrides a field of every spec. To choose settings without a look
at the test set: eval.measured_on=VALIDATION. What is under eval is measured
anew on runs that are trained.

The same command goes on where it stopped: finished runs are not trained again.
Exit status 2: something to mend in the call or a spec; 1: a run failed.
)";

// The child's runfiles are among this binary's.
absl::StatusOr<std::vector<std::string>> PretrainCommand(
    std::vector<std::pair<std::string, std::string>>* environment) {
  const std::string folder = base::RunfileFolder("caldera/ssl", "ssl");
  if (folder.empty()) {
    return absl::NotFoundError(
        "the binary has no ssl/pretrain beside it; start it through bazel run");
  }
  const fs::path path = fs::absolute(folder) / "pretrain";
  environment->emplace_back(
      "RUNFILES_DIR", path.parent_path().parent_path().parent_path().string());
  return std::vector<std::string>{path.string()};
}

bool IsTrained(const SweepRun& run) {
  std::error_code error;
  return fs::exists(run.folder + "/encoder.safetensors", error);
}

// Returns true if the run is trained, false if a signal ended it.
absl::StatusOr<bool> Train(const SweepRun& run) {
  std::vector<std::pair<std::string, std::string>> environment;
  ASSIGN_OR_RETURN(auto command, PretrainCommand(&environment));
  for (const std::string& argument :
       {absl::StrCat("--spec=", run.spec), absl::StrCat("--run=", run.folder),
        std::string("--noevaluate"), absl::StrCat("--device=", FLAGS_device),
        absl::StrCat("--threads=", FLAGS_threads)}) {
    command.push_back(argument);
  }
  command.insert(command.end(), run.train_overrides.begin(),
                 run.train_overrides.end());
  std::error_code error;
  const bool in_one_go = !fs::exists(run.folder, error);
  const auto start = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const ChildEnd end, RunChild(command, environment));
  if (SignalPassedOn() != 0) return false;
  if (end.status != 0) {
    const std::string what =
        absl::StrCat("training ", run.spec, " from seed ", run.seed,
                     " ended with exit status ", end.status);
    return end.status == 2 ? absl::InvalidArgumentError(what)
                           : absl::InternalError(what);
  }
  if (!in_one_go) return true;
  const std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - start;
  RETURN_IF_ERROR(
      KeepTrainingCost(run, {seconds.count() / 60, end.peak_memory}));
  return true;
}

std::string Table(const std::vector<std::string>& overrides,
                  const SweepMeasures& measures) {
  std::string options;
  if (FLAGS_seeds != "0") options = absl::StrCat(" --seeds=", FLAGS_seeds);
  if (FLAGS_length_scale != 1) {
    absl::StrAppend(&options, " --length_scale=", FLAGS_length_scale);
  }
  std::string text = absl::StrCat(
      "```\n./bazelw run //:sweep -- --spec=", base::PrintableText(FLAGS_spec),
      options, " --out=FOLDER");
  for (const std::string& argument : overrides) {
    absl::StrAppend(&text, " '", base::PrintableText(argument), "'");
  }
  absl::StrAppend(&text, "\n```\n\nTop-1 in percent; mean ± standard ",
                  "deviation over the seeds where there are several. Minutes, ",
                  "images a second and peak of host memory: training of one ",
                  "run, from start to end of the program.\n\n",
                  SweepTable(measures.Rows()));
  return text;
}

absl::Status Write(const std::string& output, const std::string& table,
                   const SweepMeasures& measures) {
  std::string lines;
  for (const nlohmann::json& row : measures.Rows()) {
    absl::StrAppend(&lines, base::JsonText(row), "\n");
  }
  const absl::Status status =
      base::ReplaceFile(output + "/rows.jsonl", {lines});
  return status.ok() ? base::ReplaceFile(output + "/table.md", {table})
                     : status;
}

int Main(int argc, char** argv) {
  if (FLAGS_out.empty()) {
    return base::Fail(absl::InvalidArgumentError(
        "--out is missing; name a folder, as in --out=sweeps/fashion"));
  }
  std::error_code error;
  const std::string output =
      fs::absolute(base::UserPath(FLAGS_out), error).string();
  if (error) {
    return base::Fail(absl::FailedPreconditionError(absl::StrCat(
        "--out=", FLAGS_out, ": ", error.message(),
        "; start it in a folder that exists, or give a path from /")));
  }
  const std::vector<std::string> overrides(argv + 1, argv + argc);
  const auto runs =
      PlanSweep(FLAGS_spec, FLAGS_seeds, output, overrides, FLAGS_length_scale);
  if (!runs.ok()) return base::Fail(runs.status());
  for (const SweepRun& run : *runs) {
    const absl::Status status = CheckFolder(run);
    if (!status.ok()) return base::Fail(status);
  }
  const absl::StatusOr<at::Device> device = base::SetUpCompute();
  if (!device.ok()) return base::Fail(device.status());

  SweepMeasures measures(*device);
  std::set<std::string> said;
  for (const SweepRun& run : *runs) {
    const auto notes = measures.Check(run);
    if (!notes.ok()) return base::Fail(notes.status());
    for (const std::string& note : *notes) {
      if (!said.insert(note).second) continue;
      std::fprintf(stderr, "note: %s\n", note.c_str());
    }
  }
  std::string table;
  base::Missing missing;
  bool mistake = false;  // of a spec or a folder, by a training's exit status
  for (size_t i = 0; i < runs->size(); ++i) {
    const SweepRun& run = (*runs)[i];
    std::fprintf(stderr, "[%d/%d] %s, seed %llu\n", static_cast<int>(i) + 1,
                 static_cast<int>(runs->size()),
                 base::PrintableText(run.spec).c_str(),
                 static_cast<unsigned long long>(run.seed));
    if (!IsTrained(run)) {
      const absl::StatusOr<bool> trained = Train(run);
      if (trained.ok() && !*trained) {
        std::fprintf(stderr, "stopped: the same command goes on\n");
        return 128 + SignalPassedOn();
      }
      if (!trained.ok()) {
        missing.Add(run.folder, trained.status());
        mistake = mistake || absl::IsInvalidArgument(trained.status());
        if (!IsTrained(run)) continue;  // else a picture is missing
      }
    }
    measures.Add(run, missing);
    missing.Attempt(output + "/table.md", [&] {
      table = Table(overrides, measures);
      return Write(output, table, measures);
    });
  }
  if (!table.empty()) std::printf("\n%s", table.c_str());
  const int status = missing.Report();
  return mistake ? 2 : status;
}

}  // namespace
}  // namespace caldera::ssl

int main(int argc, char** argv) {
  return caldera::base::RunProgramWithArguments(caldera::ssl::kUsage, argc,
                                                argv, caldera::ssl::Main);
}
