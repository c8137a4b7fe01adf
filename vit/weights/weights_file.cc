#include "vit/weights/weights_file.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "vit/weights/pth_file.h"
#include "vit/weights/pth_index.h"
#include "vit/weights/safetensors.h"

namespace caldera::vit {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kWrappers[] = {"module.", "_orig_mod.", "backbone.",
                                           "encoder."};

// Every ViT has this tensor; its prefix comes from wrappers.
constexpr absl::string_view kLandmark = "patch_embed.proj.weight";

// Returns the longest prefix of `name` that wrappers have added.
absl::string_view WrapperPrefix(absl::string_view name) {
  absl::string_view rest = name;
  for (bool found = true; found;) {
    found = false;
    for (const absl::string_view wrapper : kWrappers) {
      found |= absl::ConsumePrefix(&rest, wrapper);
    }
  }
  return name.substr(0, name.size() - rest.size());
}

std::string CommonPrefix(const StateDict& tensors) {
  std::optional<absl::string_view> shortest;
  for (const auto& [name, unused] : tensors) {
    const absl::string_view prefix = WrapperPrefix(name);
    if (absl::StripPrefix(name, prefix) != kLandmark) continue;
    if (!shortest.has_value() || prefix.size() < shortest->size()) {
      shortest = prefix;
    }
  }
  if (shortest.has_value()) return std::string(*shortest);
  if (tensors.empty()) return "";
  const absl::string_view first = WrapperPrefix(tensors.begin()->first);
  for (const auto& [name, unused] : tensors) {
    if (!absl::StartsWith(name, first)) return "";
  }
  return std::string(first);
}

absl::StatusOr<std::string> FileOf(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return path;
  for (const char* name : {"encoder.safetensors", "model.safetensors"}) {
    const fs::path file = fs::path(path) / name;
    if (fs::exists(file, ignored)) return file.string();
  }
  return absl::NotFoundError(absl::StrCat(
      "folder ", path,
      " has no encoder.safetensors, as a run has when its training has "
      "finished, and no model.safetensors, as a checkpoint has"));
}

}  // namespace

absl::Status StripPrefix(Weights* weights) {
  weights->prefix = CommonPrefix(weights->tensors);
  if (weights->prefix.empty()) return absl::OkStatus();
  StateDict stripped;
  for (auto& [name, tensor] : weights->tensors) {
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, weights->prefix)) {
      weights->renamed.emplace_back(rest);
    }
    if (!stripped.emplace(rest, std::move(tensor)).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          weights->path, " holds both \"", rest, "\" and \"", weights->prefix,
          rest, "\"; rename or drop one of them"));
    }
  }
  weights->tensors = std::move(stripped);
  return absl::OkStatus();
}

absl::StatusOr<Weights> LoadWeights(const std::string& path) {
  Weights weights;
  ASSIGN_OR_RETURN(weights.path, FileOf(path));
  ASSIGN_OR_RETURN(const std::shared_ptr<const base::MappedFile> file,
                   base::MappedFile::Open(weights.path));
  const absl::string_view bytes = file->bytes();
  // A safetensors file has a JSON object after the eight bytes of its length. A
  // file that is damaged there, but named .safetensors, gets that reader's
  // message.
  const bool safetensors = (bytes.size() > 8 && bytes[8] == '{') ||
                           absl::EndsWith(weights.path, ".safetensors");
  if (LooksLikePth(bytes)) {
    ASSIGN_OR_RETURN(PthFile pth, ReadPth(file, weights.path));
    weights.tensors = std::move(pth.tensors);
    weights.ignored = std::move(pth.ignored);
  } else if (safetensors) {
    ASSIGN_OR_RETURN(Safetensors content, ReadSafetensors(file, weights.path));
    weights.tensors = std::move(content.tensors);
    weights.metadata = std::move(content.metadata);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat(weights.path,
                     ": neither a safetensors file nor one of torch.save "
                     "(.pth, .pt)"));
  }
  RETURN_IF_ERROR(StripPrefix(&weights));
  return weights;
}

}  // namespace caldera::vit
