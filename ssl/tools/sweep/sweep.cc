// Trains several specs from several seeds and tabulates them. See kUsage.
#include <ATen/detail/CUDAHooksInterface.h>
#include <gflags/gflags.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/field_path.h"
#include "base/program/command_line.h"
#include "base/program/missing.h"
#include "base/program/repeated_flag.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/json_text.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "ssl/tools/report/write_index.h"
#include "ssl/tools/report/write_report.h"
#include "ssl/tools/sweep/child_process.h"
#include "ssl/tools/sweep/ledger.h"
#include "ssl/tools/sweep/measure_run.h"
#include "ssl/tools/sweep/sweep_plan.h"
#include "ssl/tools/sweep/sweep_table.h"
#include "ssl/tools/sweep/train_runs.h"
#include "ssl/tools/sweep/vary.h"

DEFINE_string(spec, "", "comma-separated names of specs, each with @SEEDS");
DEFINE_string(data, "", "data set or folder; the field data.dataset");
DEFINE_string(seeds, "0", "comma-separated seeds");
DEFINE_string(vary, "", "a field and its values; may be repeated");
DEFINE_int32(sample, 0, "points drawn at random from what --vary gives");
DEFINE_uint64(sample_seed, 0, "seed of the points that are drawn");
DEFINE_int32(parallel, 1, "runs that train at once");
DEFINE_double(length_scale, 1, "share of each spec's length that is trained");
DEFINE_string(out, "", "folder of the runs and the table");
DEFINE_string(ledger, "", "file of runs that count as done");
DECLARE_string(device);
DECLARE_int32(threads);

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

constexpr char kUsage[] =
    R"(sweep: trains specs at several settings, from several seeds, into a table

usage: sweep --spec=A,B@0+1+2 --out=FOLDER [flags] [field=value ...]

  --spec=A,B       specs of ssl/specs or paths of .textproto files; A@0+1+2
                   gives A seeds of its own
  --seeds=0,1,2    seeds of the others; 0 unless given
  --vary=FIELD=X,Y each spec with each of these values, in all combinations with
                   further --vary; measured on validation images, best first
  --sample=N       N points drawn from --vary, also from ranges such as
                   FIELD=1e-4..1e-2 (lin: or log: before it); --sample_seed=0
  --parallel=1     runs at once: on GPUs one each, in turn
  --data=NAME      data set or folder; the field data.dataset
  --length_scale=1 each run trains this share of its spec's length
  --out=FOLDER     runs go to FOLDER/SPEC/[SETTING/]seed_N; FOLDER/index.html
                   and table.md have mean and spread, rows.jsonl every row
  --ledger=FILE    a JSON line a measured run, kept apart from the folder: what
                   is in it is not trained again, what is measured is added
  --device=auto --threads=0  auto, cpu or cuda; 0: a thread for each core

field=value overrides a field of every spec. The same command goes on where it
stopped; another one in the same folder adds runs (docs/specs.md).
Exit status 2: something to mend in the call or a spec; 1: a run failed.
)";

// What the flags ask for.
struct Call {
  std::string output;
  std::vector<std::string> vary;  // as given
  std::vector<std::string> overrides;
  std::vector<SweepRun> runs;
  Ledger ledger;
  bool varies() const { return !vary.empty(); }
};

// Returns this command, for the head of the table.
std::string CommandText(const Call& call) {
  std::string text = absl::StrCat("./bazelw run //:sweep -- --spec=",
                                  base::PrintableText(FLAGS_spec));
  const auto add = [&](auto&&... parts) { absl::StrAppend(&text, parts...); };
  if (FLAGS_seeds != "0") add(" --seeds=", FLAGS_seeds);
  for (const std::string& vary : call.vary) {
    add(" '--vary=", base::PrintableText(vary), "'");
  }
  if (FLAGS_sample != 0) add(" --sample=", FLAGS_sample);
  if (FLAGS_sample_seed != 0) add(" --sample_seed=", FLAGS_sample_seed);
  if (FLAGS_length_scale != 1) add(" --length_scale=", FLAGS_length_scale);
  add(" --out=FOLDER");
  for (const std::string& argument : call.overrides) {
    add(" '", base::PrintableText(argument), "'");
  }
  return text;
}

// Returns the setting that is best so far, and how to measure it on the test
// images; "" before anything is measured.
std::string BestText(const Call& call, const SweepMeasures& measures) {
  const auto ranked = RankedSettings(measures.Rows());
  if (ranked.empty()) return "";
  std::string text = absl::StrCat(
      "best on validation images: ", base::PrintableText(ranked[0].name), ", ",
      ranked[0].feature, "\non the test images, once:\n");
  for (const SweepRun& run : call.runs) {
    if (run.setting != ranked[0].name || !IsTrained(run)) continue;
    absl::StrAppend(&text,
                    "  ./bazelw run //:probe -- --task=linear --checkpoint='",
                    base::PrintableText(run.folder),
                    "' --eval='measured_on: TEST feature: ",
                    absl::AsciiStrToUpper(ranked[0].feature), "'\n");
  }
  return text;
}

std::string Table(const Call& call, const SweepMeasures& measures) {
  return absl::StrCat(
      "```\n", CommandText(call), "\n```\n\n",
      call.varies() ? "On validation images, the best setting first. " : "",
      "Top-1 in percent; mean ± standard ",
      "deviation over the seeds where there are several. Minutes, ",
      "images a second and peak of host memory: training of one ",
      "run, from start to end of the program.\n\n",
      SweepTable(measures.Rows(), /*best_first=*/call.varies()));
}

absl::Status Write(const Call& call, const SweepMeasures& measures) {
  // Runs of the ledger have made no folder.
  std::error_code error;
  fs::create_directories(call.output, error);
  std::string lines;
  for (const nlohmann::json& row : measures.Rows()) {
    absl::StrAppend(&lines, base::JsonText(row), "\n");
  }
  RETURN_IF_ERROR(base::ReplaceFile(call.output + "/rows.jsonl", {lines}));
  return base::ReplaceFile(call.output + "/table.md", {Table(call, measures)});
}

// The index reads every run below the folder, so that it is not written after
// each of thousands.
constexpr std::chrono::seconds kIndexEvery{20};

absl::StatusOr<std::string> OutputFolder() {
  if (FLAGS_out.empty()) {
    return absl::InvalidArgumentError(
        "--out is missing; name a folder, as in --out=sweeps/fashion");
  }
  std::error_code error;
  const std::string output =
      fs::absolute(base::UserPath(FLAGS_out), error).string();
  if (!error) return output;
  return absl::FailedPreconditionError(absl::StrCat(
      "--out=", FLAGS_out, ": ", error.message(),
      "; start it in a folder that exists, or give a path from /"));
}

absl::StatusOr<std::vector<SweepPoint>> Points(
    const std::vector<std::string>& vary) {
  ASSIGN_OR_RETURN(const auto fields, ParseVary(vary));
  const bool draws = !gflags::GetCommandLineFlagInfoOrDie("sample").is_default;
  return draws ? Draw(fields, FLAGS_sample, FLAGS_sample_seed) : Grid(fields);
}

absl::StatusOr<Call> ReadCall(const std::vector<std::string>& vary,
                              std::vector<std::string> overrides) {
  Call call;
  ASSIGN_OR_RETURN(call.output, OutputFolder());
  call.vary = vary;
  if (!FLAGS_data.empty()) {
    overrides.push_back(absl::StrCat("data.dataset=", FLAGS_data));
  }
  call.overrides = std::move(overrides);
  if (FLAGS_parallel < 1 || FLAGS_parallel > kMostChildren) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--parallel=", FLAGS_parallel, " is not in [1, ", kMostChildren, "]"));
  }
  ASSIGN_OR_RETURN(const auto points, Points(vary));
  ASSIGN_OR_RETURN(
      call.runs, PlanSweep(FLAGS_spec, FLAGS_seeds, call.output, call.overrides,
                           FLAGS_length_scale, points));
  for (const SweepRun& run : call.runs) RETURN_IF_ERROR(CheckFolder(run));
  if (FLAGS_ledger.empty()) return call;
  ASSIGN_OR_RETURN(
      call.ledger,
      base::About("--ledger", Ledger::Open(base::UserPath(FLAGS_ledger))));
  for (SweepRun& run : call.runs) {
    run.recorded = call.ledger.Find(run, MeasurementSettings(run)) != nullptr;
  }
  return call;
}

// Measures what has trained, and keeps account of what has not.
class Account {
 public:
  Account(const Call& call, const at::Device& device)
      : call_(call), measures_(device, call.ledger) {}

  absl::Status Check() {
    std::set<std::string> said;
    for (const SweepRun& run : call_.runs) {
      ASSIGN_OR_RETURN(const auto notes, measures_.Check(run));
      for (const std::string& note : notes) {
        if (!said.insert(note).second) continue;
        std::fprintf(stderr, "note: %s\n", note.c_str());
      }
    }
    return absl::OkStatus();
  }

  void Add(size_t i, const absl::Status& trained) {
    const SweepRun& run = call_.runs[i];
    if (!trained.ok()) {
      missing_.Add(run.folder, trained);
      mistake_ = mistake_ || absl::IsInvalidArgument(trained);
      if (!IsTrained(run)) return;  // else a picture is missing
    }
    measures_.Add(run, missing_);
    if (IsTrained(run)) {
      const std::string report = run.folder + "/report.html";
      missing_.Attempt(report,
                       [&] { return WriteReport({run.folder}, "", report); });
      folders_ = true;
    }
    missing_.Attempt(call_.output + "/table.md",
                     [&] { return Write(call_, measures_); });
    measured_ = true;
    const auto now = std::chrono::steady_clock::now();
    if (now - indexed_ < kIndexEvery) return;
    Index();
    indexed_ = now;
  }

  // Prints the table and returns the exit status.
  int Finish() {
    if (measured_) {
      Index();
      std::printf("\n%s%s%s", Table(call_, measures_).c_str(),
                  call_.varies() ? "\n" : "",
                  call_.varies() ? BestText(call_, measures_).c_str() : "");
    }
    const int status = missing_.Report();
    return mistake_ ? 2 : status;
  }

 private:
  void Index() {
    if (!folders_) return;  // runs of the ledger alone
    const std::string path = call_.output + "/index.html";
    missing_.Attempt(path, [&] { return WriteIndex(call_.output, path); });
  }

  const Call& call_;
  SweepMeasures measures_;
  base::Missing missing_;
  std::chrono::steady_clock::time_point indexed_;
  bool measured_ = false;
  bool folders_ = false;  // of runs that were trained here
  bool mistake_ = false;  // of a spec or a folder, by a training's exit status
};

int Stopped() {
  std::fprintf(stderr, "stopped: the same command goes on\n");
  return 128 + SignalPassedOn();
}

// Measures in this thread what another one has trained, so that no GPU waits
// for a measurement.
void TrainBeside(const Call& call, const TrainingSetup& setup,
                 Account* account) {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::pair<size_t, absl::Status>> ended;
  bool done = false;
  std::thread trainer([&] {
    const bool whole =
        TrainRuns(call.runs, setup, [&](size_t i, const absl::Status& status) {
          const std::lock_guard<std::mutex> lock(mutex);
          ended.emplace_back(i, status);
          changed.notify_one();
        });
    if (!whole) {
      // A measurement may take minutes; each row that it has is kept.
      const int status = Stopped();
      std::fflush(nullptr);
      _exit(status);
    }
    const std::lock_guard<std::mutex> lock(mutex);
    done = true;
    changed.notify_one();
  });
  for (;;) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return done || !ended.empty(); });
    if (ended.empty()) break;
    const auto [i, status] = ended.front();
    ended.pop_front();
    lock.unlock();
    account->Add(i, status);
  }
  trainer.join();
}

int Main(const std::vector<std::string>& vary, int argc, char** argv) {
  const auto call = ReadCall(vary, {argv + 1, argv + argc});
  if (!call.ok()) return base::Fail(call.status());
  const absl::StatusOr<at::Device> device = base::SetUpCompute();
  if (!device.ok()) return base::Fail(device.status());
  Account account(*call, *device);
  const absl::Status status = account.Check();
  if (!status.ok()) return base::Fail(status);
  TrainingSetup setup;
  setup.device = FLAGS_device;
  setup.threads = FLAGS_threads;
  setup.parallel = FLAGS_parallel;
  if (device->is_cuda()) {
    setup.gpus = VisibleGpus(at::detail::getCUDAHooks().deviceCount());
  }
  if (setup.parallel > 1) {
    TrainBeside(*call, setup, &account);
  } else if (!TrainRuns(call->runs, setup,
                        [&](size_t i, const absl::Status& trained) {
                          account.Add(i, trained);
                        })) {
    return Stopped();
  }
  return account.Finish();
}

}  // namespace
}  // namespace caldera::ssl

int main(int argc, char** argv) {
  // gflags keeps the last of several.
  const auto vary = caldera::base::ValuesOfFlag("vary", argc, argv);
  return caldera::base::RunProgramWithArguments(
      caldera::ssl::kUsage, argc, argv, [&](int count, char** arguments) {
        return caldera::ssl::Main(vary, count, arguments);
      });
}
