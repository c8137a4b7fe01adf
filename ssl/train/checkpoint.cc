#include "ssl/train/checkpoint.h"

#include <glog/logging.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "vit/replace_file.h"
#include "vit/safetensors.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kPrefix[] = "step_";
constexpr char kModel[] = "model.safetensors";
constexpr char kOptimizer[] = "optimizer.safetensors";
constexpr char kManifest[] = "manifest.json";

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  return bytes;
}

uint32_t Crc32(const std::string& bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// Steps of the complete checkpoints of `folder`, newest first.
std::vector<int64_t> Steps(const std::string& folder) {
  std::vector<int64_t> steps;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    int64_t step = 0;
    if (absl::StartsWith(name, kPrefix) &&
        absl::SimpleAtoi(name.substr(sizeof(kPrefix) - 1), &step)) {
      steps.push_back(step);
    }
  }
  std::sort(steps.rbegin(), steps.rend());
  return steps;
}

std::string StepPath(const std::string& folder, int64_t step) {
  return absl::StrCat(folder, "/", kPrefix, step);
}

absl::StatusOr<vit::StateDict> ReadVerified(const std::string& path,
                                            const json& files,
                                            const std::string& name) {
  const std::string file = absl::StrCat(path, "/", name);
  const absl::StatusOr<std::string> bytes = ReadFile(file);
  if (!bytes.ok()) return bytes.status();
  const json entry = files.value(name, json::object());
  if (entry.value("bytes", uint64_t{0}) != bytes->size() ||
      entry.value("crc32", uint32_t{0}) != Crc32(*bytes)) {
    return absl::DataLossError(absl::StrCat(
        file, " is damaged: its size or checksum is not the manifest's"));
  }
  absl::StatusOr<vit::Safetensors> parsed = vit::ParseSafetensors(*bytes, file);
  if (!parsed.ok()) return parsed.status();
  return std::move(parsed->tensors);
}

}  // namespace

absl::Status SaveCheckpoint(const std::string& folder,
                            const Checkpoint& checkpoint, int keep) {
  const std::string path = StepPath(folder, checkpoint.step);
  const std::string partial = path + ".partial";
  std::error_code error;
  fs::remove_all(partial, error);
  fs::create_directories(partial, error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("cannot make ", partial, ": ", error.message()));
  }
  json files = json::object();
  for (const auto& [name, state] :
       {std::make_pair(std::string(kModel), &checkpoint.model),
        std::make_pair(std::string(kOptimizer), &checkpoint.optimizer)}) {
    const std::string file = absl::StrCat(partial, "/", name);
    const absl::Status status =
        vit::WriteSafetensors(file, {*state, {{"format", "pt"}}});
    if (!status.ok()) return status;
    const absl::StatusOr<std::string> bytes = ReadFile(file);
    if (!bytes.ok()) return bytes.status();
    files[name] = {{"bytes", bytes->size()}, {"crc32", Crc32(*bytes)}};
  }
  const std::string manifest =
      json{{"step", checkpoint.step}, {"files", files}}.dump(1) + "\n";
  absl::Status status =
      vit::ReplaceFile(absl::StrCat(partial, "/", kManifest), {manifest});
  if (!status.ok()) return status;
  fs::remove_all(path, error);  // the same step, from before a resume
  if (std::rename(partial.c_str(), path.c_str()) != 0) {
    return absl::InternalError(
        absl::StrCat("cannot rename ", partial, ": ", std::strerror(errno)));
  }
  status = vit::SyncFolder(folder);
  if (!status.ok()) return status;
  const std::vector<int64_t> steps = Steps(folder);
  for (size_t i = static_cast<size_t>(keep); i < steps.size(); ++i) {
    fs::remove_all(StepPath(folder, steps[i]), error);
  }
  return absl::OkStatus();
}

absl::StatusOr<Checkpoint> LoadCheckpoint(const std::string& path) {
  const std::string manifest_path = absl::StrCat(path, "/", kManifest);
  const absl::StatusOr<std::string> text = ReadFile(manifest_path);
  if (!text.ok()) return text.status();
  const json manifest = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("step") ||
      !manifest["step"].is_number_integer() || !manifest.contains("files") ||
      !manifest["files"].is_object()) {
    return absl::DataLossError(absl::StrCat(manifest_path, " is damaged"));
  }
  Checkpoint checkpoint;
  checkpoint.step = manifest["step"].get<int64_t>();
  auto model = ReadVerified(path, manifest["files"], kModel);
  if (!model.ok()) return model.status();
  auto optimizer = ReadVerified(path, manifest["files"], kOptimizer);
  if (!optimizer.ok()) return optimizer.status();
  checkpoint.model = *std::move(model);
  checkpoint.optimizer = *std::move(optimizer);
  return checkpoint;
}

absl::StatusOr<std::optional<Checkpoint>> LoadLatestCheckpoint(
    const std::string& folder) {
  const std::vector<int64_t> steps = Steps(folder);
  for (const int64_t step : steps) {
    absl::StatusOr<Checkpoint> checkpoint =
        LoadCheckpoint(StepPath(folder, step));
    if (checkpoint.ok()) return *std::move(checkpoint);
    LOG(WARNING) << "passing over a checkpoint: "
                 << checkpoint.status().message();
  }
  if (steps.empty()) return std::nullopt;
  return absl::DataLossError(
      absl::StrCat("no checkpoint in ", folder,
                   " can be read; remove the run folder to start anew"));
}

}  // namespace caldera::ssl
