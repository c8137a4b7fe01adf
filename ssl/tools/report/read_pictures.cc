#include "ssl/tools/report/read_pictures.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/read_file.h"

namespace caldera::ssl {
namespace {

namespace fs = std::filesystem;

constexpr char kPngSignature[] = "\x89PNG\r\n\x1a\n";
constexpr const char* kCurves[] = {"loss", "figure2", "curves"};

// Returns the bytes of a file, "" if it cannot be read.
std::string FileBytes(const fs::path& path) {
  constexpr int64_t kMostBytes = int64_t{1} << 30;
  return base::ReadFile(path, kMostBytes).value_or("");
}

std::string KindOf(const fs::path& path) {
  const std::string stem = path.stem().string();
  return stem == "reconstructions" ? "reconstruction" : stem;
}

bool IsHover(const nlohmann::json& hover) {
  if (!hover.is_object()) return false;
  for (const char* key : {"width", "height", "side", "columns"}) {
    if (!hover.contains(key) || !hover[key].is_number()) return false;
  }
  for (const char* key : {"x", "y", "name"}) {
    if (!hover.contains(key) || !hover[key].is_array()) return false;
  }
  return hover["x"].size() == hover["y"].size() &&
         hover["x"].size() == hover["name"].size() && hover.contains("sheet") &&
         hover["sheet"].is_string();
}

// Reads the file of points beside the picture `path`, if there is one. That of
// an earlier picture of this kind does not fit this one.
void ReadHover(fs::path path, const std::string& kind, RunPictures* run) {
  run->hovers.erase(kind);
  std::error_code error;
  if (!fs::exists(path.replace_extension(".json"), error)) return;
  nlohmann::json hover = nlohmann::json::parse(FileBytes(path), nullptr,
                                               /*allow_exceptions=*/false);
  if (IsHover(hover)) {
    run->hovers[kind] = std::move(hover);
  } else {
    run->notes.push_back(absl::StrCat(path.filename().string(),
                                      " does not have a picture's points."));
  }
}

}  // namespace

RunPictures ReadPictures(const std::vector<std::string>& folders) {
  std::vector<fs::path> paths;
  for (const std::string& folder : folders) {
    std::vector<fs::path> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const std::string end = entry.path().extension().string();
      if (end == ".png" || end == ".svg") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());  // .png before .svg
    paths.insert(paths.end(), found.begin(), found.end());
  }
  RunPictures run;
  for (const fs::path& path : paths) {
    const std::string kind = KindOf(path);
    if (std::count(std::begin(kCurves), std::end(kCurves), kind) > 0) continue;
    const bool svg = path.extension() == ".svg";
    const std::string bytes = FileBytes(path);
    if (svg ? !absl::StrContains(bytes.substr(0, 1024), "<svg")
            : !absl::StartsWith(bytes, kPngSignature)) {
      run.notes.push_back(
          absl::StrCat(path.filename().string(), " is not a picture."));
      continue;
    }
    run.pictures[kind] = absl::StrCat("data:image/", svg ? "svg+xml" : "png",
                                      ";base64,", absl::Base64Escape(bytes));
    ReadHover(path, kind, &run);
  }
  return run;
}

}  // namespace caldera::ssl
