#include "base/program/command_line.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <gflags/gflags.h>
#include <glog/logging.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "base/machine/control_groups.h"

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
