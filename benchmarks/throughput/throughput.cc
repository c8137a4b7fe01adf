// Measures training steps: the paper's table 3, and any spec. See kUsage.
#include <gflags/gflags.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/program/command_line.h"
#include "base/replace_file.h"
#include "base/status.h"
#include "base/text/json_text.h"
#include "base/text/printable_text.h"
#include "base/user_path.h"
#include "benchmarks/throughput/cases.h"
#include "benchmarks/throughput/measure_cases.h"
#include "benchmarks/throughput/report.h"
#include "ssl/distributed/job_environment.h"
#include "ssl/distributed/processes.h"
#include "ssl/distributed/share_machine.h"

DEFINE_bool(table3, false, "the four methods of the paper's table 3");
DEFINE_string(spec, "", "comma-separated specs");
DEFINE_string(vary, "", "a field and its values: train.batch_size=32,64");
DEFINE_int32(batch, 0, "images a step; the spec's unless given");
DEFINE_string(precision, "", "fp32 or bf16; the spec's unless given");
DEFINE_int32(rounds, 3, "how often each spec is measured, in turn");
DEFINE_int32(steps, 10, "timed steps of a round");
DEFINE_int32(warmup, 5, "steps before them");
DEFINE_bool(loader, true, "also with batches from the loader, and it alone");
DEFINE_bool(only_loader, false, "the loader alone, no training");
DEFINE_string(out, "", "folder for throughput.json and throughput.svg");

namespace caldera::benchmarks {
namespace {

constexpr char kUsage[] =
    R"(throughput: images a second, memory and work of training steps

usage: throughput --table3 | --spec=A,B [flags] [field=value ...]

  --table3          MAE, M-MAE, U-MAE and MU-MAE at ViT-B/16, 224 px, batch 256,
                    on a GPU in bf16, beside the paper's figures
  --spec=A,B        specs of ssl/specs, or paths of .textproto files
  --vary=FIELD=A,B  each spec with each of these values: train.batch_size=32,64
                    encoder.model=vit_tiny,vit_small  data.loader.workers=1,2
  --batch=8         images a step, of all processes; the spec's unless given
  --precision=bf16  or fp32; the spec's unless given
  --rounds=3        each is measured so often, in turn, its model built anew
  --steps=10        timed steps of a round; 2 on a CPU
  --warmup=5        steps before them; 1 on a CPU
  --noloader        one batch that stays on the device, and nothing else
  --only_loader     the loader alone
  --out=FOLDER      throughput.json and throughput.svg
  --device=auto     auto, cpu or cuda
  --threads=0       threads for arithmetic; 0: one for each core

field=value overrides a field of every spec: mae.mask_ratio=0.9
Under torchrun, srun or mpirun all processes train one model.
Exit status 2: something to mend in the call; 1: a failure.
)";

// The values of the flags.
struct Call {
  std::vector<Case> cases;
  std::string vary;  // the field
  std::string output;
  at::Device device = at::kCPU;
  int64_t warmup = 0, steps = 0;
};

absl::Status CheckCounts() {
  for (const auto& [flag, value] : {std::pair{"batch", FLAGS_batch},
                                    {"rounds", FLAGS_rounds},
                                    {"steps", FLAGS_steps},
                                    {"warmup", FLAGS_warmup}}) {
    if (value >= 1 || gflags::GetCommandLineFlagInfoOrDie(flag).is_default) {
      continue;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag, "=", value, " is not above 0"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Specs() {
  if (FLAGS_table3 && FLAGS_spec.empty()) return Table3Specs();
  if (!FLAGS_table3 && !FLAGS_spec.empty()) {
    return std::vector<std::string>(
        absl::StrSplit(FLAGS_spec, ',', absl::SkipEmpty()));
  }
  return absl::InvalidArgumentError(
      "give --table3 or --spec=A,B, one of them; --help says more");
}

absl::StatusOr<std::vector<std::string>> Overrides(
    const at::Device& device, std::vector<std::string> overrides) {
  std::string precision = FLAGS_precision;
  if (precision.empty() && FLAGS_table3 && !device.is_cpu()) precision = "bf16";
  if (precision == "bf16") {
    overrides.push_back("train.precision=BF16");
  } else if (precision == "fp32") {
    overrides.push_back("train.precision=FP32");
  } else if (!precision.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--precision: \"", precision, "\" is neither fp32 nor bf16"));
  }
  if (FLAGS_batch > 0) {
    overrides.push_back(absl::StrCat("train.batch_size=", FLAGS_batch));
  }
  return overrides;
}

int64_t OnDevice(const at::Device& device, const char* flag, int64_t value,
                 int64_t on_cpu) {
  return device.is_cpu() && gflags::GetCommandLineFlagInfoOrDie(flag).is_default
             ? on_cpu
             : value;
}

absl::StatusOr<Call> ReadCall(const std::vector<std::string>& arguments) {
  RETURN_IF_ERROR(CheckCounts());
  ASSIGN_OR_RETURN(const std::vector<std::string> specs, Specs());
  Call call;
  ASSIGN_OR_RETURN(call.device, base::SetUpCompute());
  ASSIGN_OR_RETURN(const std::vector<std::string> overrides,
                   Overrides(call.device, arguments));
  ASSIGN_OR_RETURN(call.cases, MakeCases(specs, FLAGS_vary, overrides));
  call.vary = FLAGS_vary.substr(0, FLAGS_vary.find('='));
  call.output = base::UserPath(FLAGS_out);
  call.steps = OnDevice(call.device, "steps", FLAGS_steps, 2);
  call.warmup = OnDevice(call.device, "warmup", FLAGS_warmup, 1);
  return call;
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("--out: cannot make ", folder, ": ", error.message()));
}

absl::Status Write(const Report& report, const std::string& folder) {
  RETURN_IF_ERROR(base::ReplaceFile(
      absl::StrCat(folder, "/throughput.json"),
      {absl::StrCat(base::JsonText(ReportJson(report), /*indent=*/1), "\n")}));
  return base::ReplaceFile(absl::StrCat(folder, "/throughput.svg"),
                           {ReportChart(report)});
}

CasesOptions Options(const Call& call, const ssl::Processes& processes) {
  CasesOptions options;
  options.steps.device = call.device;
  options.steps.processes = &processes;
  options.steps.warmup = call.warmup;
  options.steps.steps = call.steps;
  options.steps.loader = FLAGS_loader;
  options.rounds = FLAGS_rounds;
  options.only_loader = FLAGS_only_loader;
  options.leave_out_too_large = !call.vary.empty() && processes.single();
  if (processes.rank() == 0) {
    options.say = [](const std::string& line) {
      std::fprintf(stderr, "%s\n", base::PrintableText(line).c_str());
    };
  }
  return options;
}

int Main(int argc, char** argv) {
  auto call = ReadCall({argv + 1, argv + argc});
  if (!call.ok()) return base::Fail(call.status());
  const auto job = ssl::ReadJobEnvironment();
  if (!job.ok()) return base::Fail(job.status());
  const auto device = ssl::ShareMachine(*job, call->device);
  if (!device.ok()) return base::Fail(device.status());
  call->device = *device;
  ssl::JoinOptions join;
  join.job =
      absl::StrCat("throughput --spec=", FLAGS_spec, " --vary=", FLAGS_vary);
  auto processes = ssl::Processes::Join(*job, join);
  if (!processes.ok()) return base::Fail(processes.status());
  if ((*processes)->rank() == 0 && !call->output.empty()) {
    const absl::Status made = MakeFolder(call->output);
    if (!made.ok()) {
      (*processes)->Fail(std::string(made.message()));
      return base::Fail(made);
    }
  }
  absl::StatusOr<Report> report =
      MeasureCases(call->cases, Options(*call, **processes));
  if (!report.ok()) {
    (*processes)->Fail(std::string(report.status().message()));
    return base::Fail(report.status());
  }
  if ((*processes)->rank() != 0) return 0;
  report->vary = call->vary;
  std::printf("%s", base::PrintableLines(ReportTable(*report)).c_str());
  if (call->output.empty()) return 0;
  const absl::Status written = Write(*report, call->output);
  return written.ok() ? 0 : base::Fail(written);
}

}  // namespace
}  // namespace caldera::benchmarks

int main(int argc, char** argv) {
  return caldera::base::RunProgramWithArguments(
      caldera::benchmarks::kUsage, argc, argv, caldera::benchmarks::Main);
}
