#include "vit/weights/weights_file.h"

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "vit/weights/names/choose_vit.h"
#include "vit/weights/names/name_tables.h"
#include "vit/weights/pth_file.h"
#include "vit/weights/pth_index.h"
#include "vit/weights/safetensors.h"
#include "vit/weights/weights_folder.h"

namespace caldera::vit {
namespace {

constexpr absl::string_view kWrappers[] = {"module.", "_orig_mod.", "backbone.",
                                           "encoder."};

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

// Returns the prefix that wrappers have put before every name.
std::string CommonPrefix(const StateDict& tensors) {
  if (tensors.empty()) return "";
  const absl::string_view first = WrapperPrefix(tensors.begin()->first);
  for (const auto& [name, unused] : tensors) {
    if (!absl::StartsWith(name, first)) return "";
  }
  return std::string(first);
}

// Removes `prefix`, behind which the ViT's names begin.
absl::Status Strip(Weights* weights, std::string prefix) {
  weights->prefix = std::move(prefix);
  if (weights->prefix.empty()) return absl::OkStatus();
  StateDict stripped;
  for (auto& [name, tensor] : weights->tensors) {
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, weights->prefix)) {
      weights->renamed.emplace_back(rest);
    } else {
      weights->beside.insert(name);
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

// Reads the file `weights->path`, whose names are then those of its ViT without
// a prefix.
absl::Status ReadFile(const std::string& key, Weights* weights) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const base::MappedFile> file,
                   base::MappedFile::Open(weights->path));
  const absl::string_view bytes = file->bytes();
  // A safetensors file has a JSON object after the eight bytes of its length. A
  // file that is damaged there, but named .safetensors, gets that reader's
  // message.
  const bool safetensors = (bytes.size() > 8 && bytes[8] == '{') ||
                           absl::EndsWith(weights->path, ".safetensors");
  if (LooksLikePth(bytes)) {
    ASSIGN_OR_RETURN(PthFile pth, ReadPth(file, weights->path, key));
    weights->tensors = std::move(pth.tensors);
    weights->ignored = std::move(pth.ignored);
    weights->container = std::move(pth.container);
    if (!pth.note.empty()) weights->notes.push_back(std::move(pth.note));
    if (pth.prefix.has_value()) return Strip(weights, *std::move(pth.prefix));
    return StripPrefix(weights);
  }
  if (safetensors) {
    ASSIGN_OR_RETURN(Safetensors content, ReadSafetensors(file, weights->path));
    weights->tensors = std::move(content.tensors);
    weights->metadata = std::move(content.metadata);
    weights->ignored = std::move(content.ignored);
    // A checkpoint of ours counts the steps that were left out; no model reads
    // it (ssl/train/step/nonfinite_guard.h).
    constexpr char kOfTraining[] = "nonfinite.steps";
    if (weights->tensors.erase(kOfTraining) > 0) {
      weights->ignored.emplace_back(kOfTraining);
    }
    return StripPrefix(weights, key);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(weights->path,
                   ": neither a safetensors file nor one of torch.save "
                   "(.pth, .pt)"));
}

// Models of videos cut their patches out of several frames.
absl::Status CheckImages(const Weights& weights) {
  const auto patch = weights.tensors.find("patch_embed.proj.weight");
  if (patch == weights.tensors.end() || patch->second.dim() != 5) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(weights.path, ": its patches have the shape [",
                   absl::StrJoin(patch->second.sizes(), ", "),
                   "], with an axis of time: it is a model of videos "
                   "(VideoMAE, V-JEPA), and "
                   "only models of images can be read"));
}

}  // namespace

absl::Status StripPrefix(Weights* weights, const std::string& key) {
  std::set<std::string> prefixes;
  for (const auto& [name, unused] : weights->tensors) {
    std::optional<std::string> prefix = VitPrefix(name);
    if (prefix.has_value()) prefixes.insert(*std::move(prefix));
  }
  if (prefixes.empty() && key.empty()) {
    return Strip(weights, CommonPrefix(weights->tensors));
  }
  ASSIGN_OR_RETURN(VitChoice choice, ChooseVit(prefixes, key, weights->path));
  if (!choice.note.empty()) weights->notes.push_back(std::move(choice.note));
  return Strip(weights, std::move(choice.prefix));
}

absl::StatusOr<Weights> LoadWeights(const std::string& path,
                                    const std::string& key) {
  Weights weights;
  ASSIGN_OR_RETURN(weights.path, WeightsFileOf(path));
  if (absl::EndsWith(weights.path, ".index.json")) {
    ASSIGN_OR_RETURN(weights.tensors,
                     ReadShards(weights.path, &weights.ignored));
    RETURN_IF_ERROR(StripPrefix(&weights, key));
  } else {
    RETURN_IF_ERROR(ReadFile(key, &weights));
  }
  const std::vector<std::string> renamed = RenameToTimm(&weights.tensors);
  for (const std::string& name : renamed) weights.beside.erase(name);
  if (!renamed.empty()) weights.renamed = renamed;
  RETURN_IF_ERROR(CheckImages(weights));
  ASSIGN_OR_RETURN(const FolderConfig config, ConfigBeside(path));
  weights.num_heads = config.num_heads;
  weights.norm_eps = config.norm_eps;
  return weights;
}

}  // namespace caldera::vit
