#include "ssl/train/checkpoint/checkpoint_manifest.h"

#include <zlib.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace caldera::ssl {
namespace {

using nlohmann::json;

// Fills `manifest` from what ManifestText's `content` holds.
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

}  // namespace caldera::ssl
