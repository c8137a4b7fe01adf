#include "ssl/train/loop/provenance.h"

#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/csrc/api/include/torch/version.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/read_file.h"
#include "base/replace_file.h"
#include "base/text/json_text.h"

namespace caldera::ssl {
namespace {

constexpr size_t kMaxStarts = 100;

// Returns the first line that `command` prints, "" if it fails.
std::string FirstLine(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  char buffer[256] = "";
  const bool read = std::fgets(buffer, sizeof(buffer), pipe) != nullptr;
  const bool succeeded = pclose(pipe) == 0;
  if (!read || !succeeded) return "";
  return std::string(absl::StripAsciiWhitespace(buffer));
}

// Returns the revision of the user's folder: `bazel run` starts the binary in
// its runfiles, and the checkout is where the user is.
std::string SourceRevision() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace == nullptr) return "unknown";
  setenv("CALDERA_SOURCE", workspace, 1);
  const std::string revision = FirstLine(
      "git -C \"$CALDERA_SOURCE\" describe --always --dirty --abbrev=40 "
      "2>/dev/null");
  return revision.empty() ? "unknown" : revision;
}

std::string Processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!absl::StartsWith(line, "model name")) continue;
    return std::string(
        absl::StripAsciiWhitespace(line.substr(line.find(':') + 1)));
  }
  return "unknown";
}

// Returns name and driver of this process's first GPU; "unknown" if the
// driver's own tool is missing.
std::string Gpu() {
  const std::string line = FirstLine(
      "nvidia-smi --query-gpu=name,driver_version --format=csv,noheader "
      "${CUDA_VISIBLE_DEVICES:+-i \"${CUDA_VISIBLE_DEVICES%%,*}\"} "
      "2>/dev/null");
  return line.empty() ? "unknown" : line;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

nlohmann::json StartWeights(const vit::StartReport& report) {
  nlohmann::json resampled = nlohmann::json::object();
  for (const auto& [name, how] : report.resampled) resampled[name] = how;
  return {{"encoder", report.file},    {"decoder", report.decoder_file},
          {"place", report.place},     {"taken", report.taken},
          {"renamed", report.renamed}, {"resampled", std::move(resampled)},
          {"missing", report.missing}, {"left_over", report.left_over},
          {"notes", report.notes}};
}

// Returns the file of an earlier start; an empty object where there is none.
nlohmann::json Earlier(const std::string& path) {
  constexpr int64_t kMaxBytes = int64_t{16} << 20;
  const absl::StatusOr<std::string> text = base::ReadFile(path, kMaxBytes);
  if (!text.ok()) return nlohmann::json::object();
  nlohmann::json earlier =
      nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  return earlier.is_object() ? earlier : nlohmann::json::object();
}

}  // namespace

nlohmann::json Provenance(const at::Device& device) {
  nlohmann::json provenance = {
      {"revision", SourceRevision()},
      {"libtorch", TORCH_VERSION},
      {"compiler", absl::StrCat("g++ ", __VERSION__)},
      {"device", device.str()},
      {"processor", Processor()},
      {"threads", at::get_num_threads()},
      {"OMP_WAIT_POLICY", Environment("OMP_WAIT_POLICY")},
      {"GOMP_SPINCOUNT", Environment("GOMP_SPINCOUNT")}};
  if (device.is_cuda()) {
    provenance["gpu"] = Gpu();
    provenance["cuda_runtime"] = at::detail::getCUDAHooks().versionCUDART();
  }
  return provenance;
}

absl::Status WriteProvenance(const std::string& path, const at::Device& device,
                             const ProgramStart& start) {
  const nlohmann::json earlier = Earlier(path);
  nlohmann::json provenance = Provenance(device);
  if (start.weights.has_value()) {
    provenance["start"] = StartWeights(*start.weights);
  } else if (earlier.contains("start")) {
    provenance["start"] = earlier["start"];
  }
  nlohmann::json starts = nlohmann::json::array();
  if (earlier.contains("starts") && earlier["starts"].is_array()) {
    const nlohmann::json& before = earlier["starts"];
    const size_t skipped =
        before.size() < kMaxStarts ? 0 : before.size() + 1 - kMaxStarts;
    for (size_t i = skipped; i < before.size(); ++i)
      starts.push_back(before[i]);
  }
  starts.push_back({{"time", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(),
                                              absl::UTCTimeZone())},
                    {"command", start.command},
                    {"step", start.step},
                    {"processes", start.processes},
                    {"threads", provenance["threads"]},
                    {"device", provenance["device"]},
                    {"revision", provenance["revision"]},
                    {"changes", start.changes}});
  provenance["starts"] = std::move(starts);
  return base::ReplaceFile(path,
                           {base::JsonText(provenance, /*indent=*/1) + "\n"});
}

}  // namespace caldera::ssl
