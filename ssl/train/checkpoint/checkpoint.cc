#include "ssl/train/checkpoint/checkpoint.h"

#include <glog/logging.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/read_file.h"
#include "base/status.h"
#include "vit/weights/safetensors.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kPrefix[] = "step_";

// Fills `manifest` from the `content` that ManifestText writes; returns false
// if a field is missing or has another type.
bool ReadContent(const json& content, CheckpointManifest* manifest) {
  const auto step = content.find("step");
  const auto files = content.find("files");
  if (step == content.end() || !step->is_number_integer() ||
      files == content.end() || !files->is_object()) {
    return false;
  }
  manifest->step = step->get<int64_t>();
  for (const auto& [name, file] : files->items()) {
    if (!file.is_object() || !file.contains("bytes") ||
        !file["bytes"].is_number_unsigned() || !file.contains("crc32") ||
        !file["crc32"].is_number_unsigned()) {
      return false;
    }
    manifest->files[name] = {file["bytes"].get<uint64_t>(),
                             file["crc32"].get<uint32_t>()};
  }
  return true;
}

// A checkpoint's files may have any size.
absl::StatusOr<std::string> ReadFile(const std::string& path) {
  absl::StatusOr<std::string> bytes =
      base::ReadFile(path, std::numeric_limits<int64_t>::max());
  if (bytes.ok()) return bytes;
  return absl::NotFoundError(
      absl::StrCat("cannot read ", path, ": ", bytes.status().message()));
}

absl::StatusOr<vit::StateDict> ReadVerified(const std::string& path,
                                            const CheckpointManifest& manifest,
                                            const std::string& name) {
  const std::string file = absl::StrCat(path, "/", name);
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  const auto entry = manifest.files.find(name);
  if (entry == manifest.files.end() || entry->second.bytes != bytes.size() ||
      entry->second.crc32 != Crc32(bytes)) {
    return absl::DataLossError(absl::StrCat(
        file, " is damaged: its size or checksum is not the manifest's"));
  }
  ASSIGN_OR_RETURN(vit::Safetensors parsed, vit::ParseSafetensors(bytes, file));
  return std::move(parsed.tensors);
}

}  // namespace

uint32_t Crc32(absl::string_view bytes, uint32_t before) {
  return static_cast<uint32_t>(crc32_z(
      before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string ManifestText(const CheckpointManifest& manifest) {
  json files = json::object();
  for (const auto& [name, file] : manifest.files) {
    files[name] = {{"bytes", file.bytes}, {"crc32", file.crc32}};
  }
  const json content = {{"step", manifest.step}, {"files", files}};
  return json{{"content", content}, {"crc32", Crc32(content.dump())}}.dump(1) +
         "\n";
}

absl::StatusOr<CheckpointManifest> ParseManifest(absl::string_view text,
                                                 const std::string& path) {
  const json parsed = json::parse(text.begin(), text.end(), nullptr,
                                  /*allow_exceptions=*/false);
  CheckpointManifest manifest;
  if (!parsed.is_object() || !parsed.contains("content") ||
      !parsed["content"].is_object() ||
      !ReadContent(parsed["content"], &manifest) ||
      ManifestText(manifest) != text) {
    return absl::DataLossError(absl::StrCat(path, " is damaged"));
  }
  return manifest;
}

std::string CheckpointPath(const std::string& folder, int64_t step) {
  return absl::StrCat(folder, "/", kPrefix, step);
}

std::vector<int64_t> CheckpointSteps(const std::string& folder) {
  std::vector<int64_t> steps;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    absl::string_view digits = name;
    int64_t step = 0;
    if (absl::ConsumePrefix(&digits, kPrefix) &&
        absl::SimpleAtoi(digits, &step) && step >= 0 &&
        entry.path() == CheckpointPath(folder, step)) {
      steps.push_back(step);
    }
  }
  std::sort(steps.rbegin(), steps.rend());
  return steps;
}

absl::StatusOr<Checkpoint> LoadCheckpoint(const std::string& path) {
  const std::string name = absl::StrCat(path, "/", Checkpoint::kManifest);
  ASSIGN_OR_RETURN(const std::string text, ReadFile(name));
  ASSIGN_OR_RETURN(const CheckpointManifest manifest,
                   ParseManifest(text, name));
  ASSIGN_OR_RETURN(vit::StateDict model,
                   ReadVerified(path, manifest, Checkpoint::kModel));
  ASSIGN_OR_RETURN(vit::StateDict optimizer,
                   ReadVerified(path, manifest, Checkpoint::kOptimizer));
  return Checkpoint{manifest.step, std::move(model), std::move(optimizer)};
}

absl::StatusOr<std::optional<Checkpoint>> LoadLatestCheckpoint(
    const std::string& folder) {
  const std::vector<int64_t> steps = CheckpointSteps(folder);
  for (const int64_t step : steps) {
    const std::string path = CheckpointPath(folder, step);
    absl::StatusOr<Checkpoint> checkpoint = LoadCheckpoint(path);
    if (checkpoint.ok() && checkpoint->step != step) {
      checkpoint = absl::DataLossError(
          absl::StrCat(path, " holds step ", checkpoint->step));
    }
    if (checkpoint.ok()) return *std::move(checkpoint);
    LOG(WARNING) << "skipping a checkpoint: " << checkpoint.status().message();
  }
  if (steps.empty()) return std::nullopt;
  return absl::DataLossError(
      absl::StrCat("no checkpoint in ", folder,
                   " can be read; remove the run folder to start anew"));
}

}  // namespace caldera::ssl
