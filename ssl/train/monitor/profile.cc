#include "ssl/train/monitor/profile.h"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <glog/logging.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/replace_file.h"
#include "base/text/printable_text.h"
#include "ssl/train/monitor/profile_table.h"

namespace caldera::ssl {
namespace {

using torch::autograd::profiler::KinetoEvent;
using torch::profiler::impl::ActivityType;

torch::profiler::impl::ProfilerConfig Config() {
  torch::profiler::impl::ExperimentalConfig experimental;
  experimental.profile_all_threads = true;  // thread slices have their own
  return torch::profiler::impl::ProfilerConfig(
      torch::profiler::impl::ProfilerState::KINETO,
      /*report_input_shapes=*/true, /*profile_memory=*/false,
      /*with_stack=*/false, /*with_flops=*/false, /*with_modules=*/false,
      experimental);
}

std::set<ActivityType> Activities(const at::Device& device) {
  if (device.is_cpu()) return {ActivityType::CPU};
  return {ActivityType::CPU, ActivityType::CUDA};
}

void Synchronize(const at::Device& device) {
  if (device.is_cpu()) return;
  c10::impl::VirtualGuardImpl(device.type())
      .synchronizeDevice(std::max<c10::DeviceIndex>(0, device.index()));
}

// Returns the events of the host, with the device time of the kernels that they
// launched.
std::vector<ProfileEvent> ToProfileEvents(
    const std::vector<KinetoEvent>& events) {
  std::map<uint64_t, int64_t> device_ns;  // by the operation that launched
  for (const KinetoEvent& event : events) {
    if (event.deviceType() == c10::DeviceType::CPU) continue;
    device_ns[event.linkedCorrelationId()] +=
        static_cast<int64_t>(event.durationNs());
  }
  std::vector<ProfileEvent> result;
  for (const KinetoEvent& event : events) {
    const auto scope = static_cast<at::RecordScope>(event.scope());
    const bool is_phase = scope == at::RecordScope::USER_SCOPE;
    if (event.deviceType() != c10::DeviceType::CPU || event.isAsync() ||
        (!is_phase && scope != at::RecordScope::FUNCTION)) {
      continue;
    }
    const auto launched = device_ns.find(event.correlationId());
    result.push_back({event.name(), is_phase, event.startThreadId(),
                      static_cast<int64_t>(event.startNs()),
                      static_cast<int64_t>(event.durationNs()),
                      launched == device_ns.end() ? 0 : launched->second});
  }
  return result;
}

absl::Status BadRange(absl::string_view text, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("--profile_steps=", text, " ", what));
}

}  // namespace

absl::StatusOr<StepRange> ParseStepRange(absl::string_view text,
                                         int64_t total_steps) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  StepRange range;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &range.begin) ||
      !absl::SimpleAtoi(parts[1], &range.end)) {
    return BadRange(text, "is no range of steps; write 10:20 for ten steps");
  }
  if (range.begin < 0) {
    return BadRange(text, "begins before step 0, the first");
  }
  if (range.end <= range.begin) {
    return BadRange(text, "is empty; the second step must be the larger");
  }
  if (range.end > total_steps) {
    return BadRange(text,
                    absl::StrCat("ends after the run, which has ", total_steps,
                                 " steps (0 to ", total_steps - 1, ")"));
  }
  return range;
}

Profile::Profile(const StepRange& range, const at::Device& device,
                 std::string folder)
    : range_(range), device_(device), folder_(std::move(folder)) {
  // Kineto would report a missing GPU as an error; Finish reports what goes
  // wrong here.
  setenv("KINETO_LOG_LEVEL", "5", /*overwrite=*/0);
}

Profile::~Profile() {
  // The run may have ended in between.
  if (recording_) torch::autograd::profiler::disableProfiler();
}

void Profile::BeforeStep(int64_t step) {
  if (!std::exchange(started_, true) && step > range_.begin) {
    LOG(WARNING) << "--profile_steps=" << range_.begin << ":" << range_.end
                 << " begins before step " << step
                 << ", where this run goes on: "
                 << (step < range_.end ? "the profile begins there"
                                       : "there will be no profile");
  }
  if (recording_ || step < range_.begin || step >= range_.end) return;
  Synchronize(device_);
  first_step_ = step;
  torch::autograd::profiler::prepareProfiler(Config(), Activities(device_));
  torch::autograd::profiler::enableProfiler(
      Config(), Activities(device_),
      {at::RecordScope::FUNCTION, at::RecordScope::USER_SCOPE});
  recording_ = true;
  start_ = std::chrono::steady_clock::now();
}

absl::Status Profile::AfterStep(const StepReport& report,
                                Recorder* /*recorder*/) {
  if (!recording_ || report.done < range_.end) return absl::OkStatus();
  return Finish();
}

absl::Status Profile::Finish() {
  Synchronize(device_);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_)
          .count();
  recording_ = false;
  const auto result = torch::autograd::profiler::disableProfiler();
  const std::string folder = absl::StrCat(folder_, "/profile");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("cannot make ", folder, ": ", error.message()));
  }
  const std::string trace =
      absl::StrCat(folder, "/trace_", first_step_, "_", range_.end, ".json");
  result->save(trace);
  if (!std::filesystem::exists(trace, error)) {
    return absl::InternalError(absl::StrCat("cannot write ", trace));
  }
  const std::string table =
      absl::StrCat("Steps ", first_step_, " to ", range_.end - 1, "\n\n",
                   ProfileTable(ToProfileEvents(result->events()),
                                range_.end - first_step_, seconds));
  std::fprintf(stderr, "%s\ntrace: %s\n", table.c_str(),
               base::PrintableText(trace).c_str());
  return base::ReplaceFile(absl::StrCat(folder, "/table.md"), {table});
}

}  // namespace caldera::ssl
