#include "base/program/command_line.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <gflags/gflags.h>
#include <glog/logging.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/machine/control_groups.h"
#include "base/nearest_name.h"

DEFINE_string(device, "auto", "auto, cpu or cuda");
DEFINE_int32(threads, 0, "threads for arithmetic; 0: one for each core");
DECLARE_bool(help);

namespace caldera::base {
namespace {

// Enables huge pages, and makes freed memory join its neighbours at once: a
// tensor's alignment leaves scraps of some 64 bytes, which caches of small
// blocks would keep between the memory of two tensors.
constexpr char kMalloc[] =
    "glibc.malloc.hugetlb=1:glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0";

bool IsSet(const char* variable) { return std::getenv(variable) != nullptr; }

void ChooseEnvironment(char** argv) {
  bool changed = false;
  if (!IsSet("OMP_WAIT_POLICY") && !IsSet("GOMP_SPINCOUNT")) {
    setenv("OMP_WAIT_POLICY", "passive", 1);
    changed = true;
  }
  if (!IsSet("GLIBC_TUNABLES")) {
    setenv("GLIBC_TUNABLES", kMalloc, 1);
    changed = true;
  }
  if (changed) execv("/proc/self/exe", argv);
  // If the program cannot start itself again, it runs with the defaults.
}

// Returns the name of "--name=value", "-name" or "--noname"; "" for other
// arguments.
std::string FlagName(absl::string_view argument) {
  if (!absl::ConsumePrefix(&argument, "-")) return "";
  absl::ConsumePrefix(&argument, "-");
  return std::string(argument.substr(0, argument.find('=')));
}

// Ends the program with a suggestion; gflags would print an error without one.
void RefuseUnknownFlags(int argc, char** argv) {
  std::vector<gflags::CommandLineFlagInfo> flags;
  gflags::GetAllFlags(&flags);
  std::vector<std::string> known, ours;
  for (const gflags::CommandLineFlagInfo& flag : flags) {
    known.push_back(flag.name);
    if (flag.type == "bool") known.push_back("no" + flag.name);
    if (absl::StartsWith(flag.filename, "/")) continue;  // flag of a library
    ours.push_back(flag.name);
  }
  for (int i = 1; i < argc; ++i) {
    const std::string name = FlagName(argv[i]);
    if (name.empty() ||
        std::find(known.begin(), known.end(), name) != known.end()) {
      continue;
    }
    std::exit(Fail(absl::InvalidArgumentError(
        absl::StrCat("unknown flag \"", argv[i], "\"; did you mean --",
                     NearestName(name, ours), "? (--help lists them)"))));
  }
}

}  // namespace

void TuneProcess(char** argv) {
  ChooseEnvironment(argv);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, -1);  // never
  mallopt(M_TOP_PAD, 64 << 20);
}

namespace {

void StartProgram(const std::string& usage, int* argc, char*** argv) {
  TuneProcess(*argv);
  FLAGS_logtostderr = true;
  FLAGS_log_prefix = false;
  google::InitGoogleLogging((*argv)[0]);
  gflags::SetUsageMessage(usage);
  RefuseUnknownFlags(*argc, *argv);
  ParseFlags(argc, argv);
  if (FLAGS_help) {
    std::printf("%s", usage.c_str());
    std::exit(0);
  }
}

}  // namespace

int RunProgramWithArguments(const std::string& usage, int argc, char** argv,
                            const std::function<int(int, char**)>& run) {
  return RunGuarded(
      [&] {
        StartProgram(usage, &argc, &argv);
        return run(argc, argv);
      },
      [] { return FLAGS_v > 0; });
}

int RunProgram(const std::string& usage, int argc, char** argv, int (*run)()) {
  return RunProgramWithArguments(
      usage, argc, argv, [run](int count, char** arguments) {
        if (count == 1) return run();
        return Fail(absl::InvalidArgumentError(absl::StrCat(
            "unknown argument \"", arguments[1], "\"; see --help")));
      });
}

absl::StatusOr<at::Device> SetUpCompute() {
  if (FLAGS_threads < 0 || FLAGS_threads > 1024) {
    return absl::InvalidArgumentError(
        absl::StrCat("--threads=", FLAGS_threads,
                     " is not in [0, 1024]; 0 takes all cores"));
  }
  at::set_num_threads(FLAGS_threads > 0 ? FLAGS_threads : UsableProcessors());
  if (FLAGS_device == "cpu") return at::Device(at::kCPU);
  if (FLAGS_device == "auto") {
    return at::Device(at::hasCUDA() ? at::kCUDA : at::kCPU);
  }
  if (FLAGS_device != "cuda") {
    return absl::InvalidArgumentError(
        absl::StrCat("--device=", FLAGS_device, " is not auto, cpu or cuda"));
  }
  if (!at::hasCUDA()) {
    return absl::InvalidArgumentError(
        "--device=cuda: this build or machine has no CUDA; build with "
        "--config=cuda, or use --device=cpu");
  }
  return at::Device(at::kCUDA);
}

}  // namespace caldera::base
