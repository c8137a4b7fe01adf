#include "ssl/train/loop/provenance.h"

#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/csrc/api/include/torch/version.h>

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
#include "base/read_file.h"

namespace caldera::ssl {
namespace {

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

nlohmann::json StartProvenance(const vit::StartReport& report) {
  nlohmann::json resampled = nlohmann::json::object();
  for (const auto& [name, how] : report.resampled) resampled[name] = how;
  return {{"encoder", report.file},    {"decoder", report.decoder_file},
          {"place", report.place},     {"taken", report.taken},
          {"renamed", report.renamed}, {"resampled", std::move(resampled)},
          {"missing", report.missing}, {"left_over", report.left_over},
          {"notes", report.notes}};
}

nlohmann::json StartOfEarlier(const std::string& path) {
  constexpr int64_t kMaxBytes = int64_t{16} << 20;
  const absl::StatusOr<std::string> text = base::ReadFile(path, kMaxBytes);
  if (!text.ok()) return nullptr;
  const nlohmann::json earlier =
      nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!earlier.is_object() || !earlier.contains("start")) return nullptr;
  return earlier["start"];
}

}  // namespace caldera::ssl
